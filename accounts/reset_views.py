"""The pages for a forgotten password: ask for a link, open it, choose another password.

The token is taken out of the address before the form shows, so that no history, log or other
site gets it. What a link is worth is `resetting.py`.
"""

from http import HTTPStatus
from typing import Final

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import resetting
from accounts.middleware import for_strangers
from accounts.models import PasswordConflict
from accounts.outbox import can_send_mail
from accounts.password_forms import ForgottenPasswordForm, NewPasswordForm
from accounts.throttling import TooMany, say_too_many

TOKEN: Final = "password_reset"  # noqa: S105 - the key in the session's data


@for_strangers
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link; where the site sends no mail, say so."""
    form = ForgottenPasswordForm(request.POST or None)
    if not can_send_mail() or not form.is_valid():
        return _ask_page(request, form)
    try:
        resetting.ask(request, identity=form.cleaned_data["identity"])
    except TooMany as error:
        form.add_error("identity", str(error))
        return say_too_many(_ask_page(request, form), error)
    return redirect("accounts:password_reset_sent")


@never_cache
@require_safe
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """The one answer, whoever was asked for."""
    return render(request, "accounts/reset/sent.html")


@for_strangers
@never_cache
@require_safe
def password_reset_link(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the token in the session, under a new key, and go on without it in the address."""
    if resetting.owner_of(token) is None:
        response = _gone(request)
    else:
        request.session.cycle_key()
        request.session[TOKEN] = token
        response = redirect("accounts:password_reset_choose")
    response["Referrer-Policy"] = "strict-origin"
    return response


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset_choose(request: HttpRequest) -> HttpResponse:
    """Choose the new password, which signs nobody in."""
    user = resetting.owner_of(request.session.get(TOKEN, ""))
    if user is None:
        return _gone(request)
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        page = render(request, "accounts/reset/choose.html", {"form": form, "person": user})
        return say_too_many(page, form.too_many)
    try:
        form.save()
    except PasswordConflict:
        return _gone(request)
    logout(request)  # whoever it was; and the token goes with the session
    resetting.finish(request, user)
    messages.success(request, "Your password is changed. Sign in with the new one.")
    return redirect("accounts:login")


def _ask_page(request: HttpRequest, form: ForgottenPasswordForm) -> HttpResponse:
    context = {"form": form, "can_send_mail": can_send_mail()}
    return render(request, "accounts/reset/ask.html", context)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset/gone.html", status=HTTPStatus.NOT_FOUND)
