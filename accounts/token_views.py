"""The pages of personal API tokens: the list, making one, revoking one."""

from typing import cast

from bson import ObjectId
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import api_tokens
from accounts.models import User
from accounts.throttling import say_too_many
from accounts.token_forms import TokenForm


@never_cache
@require_safe
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens that work."""
    mine = api_tokens.tokens_of(cast("User", request.user))
    return render(request, "accounts/tokens/list.html", {"tokens": mine})


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token, and show it once."""
    form = TokenForm(request, request.POST or None)
    if form.is_valid():
        context = {"secret": form.secret, "name": form.cleaned_data["name"]}
        return render(request, "accounts/tokens/made.html", context)
    return say_too_many(render(request, "accounts/tokens/new.html", {"form": form}), form.too_many)


@never_cache
@require_POST
@login_required
def token_revoke(request: HttpRequest, token: str) -> HttpResponse:
    """Let one of one's tokens work no more; 404 alike for somebody else's."""
    user = cast("User", request.user)
    mine = api_tokens.tokens_of(user)
    found = mine.filter(pk=token).first() if ObjectId.is_valid(token) else None
    if found is None:
        raise Http404("no such token")
    api_tokens.revoke(found, by=user, request=request)
    messages.success(request, f"The token “{found.name}” works no more.")
    return redirect("accounts:tokens")
