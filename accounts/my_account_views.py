"""My account: how it is guarded, where I am signed in, what happened to it; ending it all.

Signing in and the password are `views.py`, the second step `mfa_views.py`, the e-mail address
`email_views.py`.
"""

from typing import Any, cast

from bson import ObjectId
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import api_tokens, audit, deletion, sessions
from accounts.confirming_identity import ConfirmingForm
from accounts.deletion import NotYet
from accounts.models import Session, User
from accounts.programs import program_of
from accounts.recent_events import recent_events
from accounts.throttling import say_too_many


@never_cache
@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """The overview, from which everything about one's account is reached."""
    user = cast("User", request.user)
    here = sessions.session_id_of(request)
    mine = [(each, program_of(each.user_agent)) for each in sessions.open_sessions(user)]
    # this one first, so that it is found among many; a stable sort keeps the others' order
    mine.sort(key=lambda row: row[0].pk != here)
    context = {
        "sessions": mine,
        "here": here,
        "tokens": api_tokens.tokens_of(user).count(),
        "events": recent_events(user),
    }
    return render(request, "accounts/security.html", context)


@never_cache
@require_POST
@login_required
def session_revoke(request: HttpRequest, session: str) -> HttpResponse:
    """End one of one's sessions: its next request is a visitor's."""
    found = _own(request, session)
    sessions.revoke(found, why="revoked by its owner")
    _record(request, "session.revoke", session=str(found.pk))
    if found.pk == sessions.session_id_of(request):
        logout(request)
        return redirect("accounts:login")
    messages.success(request, f"{program_of(found.user_agent)} is signed out.")
    return redirect("accounts:security")


@never_cache
@require_POST
@login_required
def sessions_revoke_others(request: HttpRequest) -> HttpResponse:
    """End all of one's sessions but this one."""
    user, here = cast("User", request.user), sessions.session_id_of(request)
    ended = sessions.revoke_all(user, why="revoked by its owner", keep=here)
    _record(request, "session.revoke_all", sessions=ended)
    messages.success(request, "You are signed out everywhere but here.")
    return redirect("accounts:security")


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account_delete(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays, and delete the account of whoever shows that it is theirs."""
    user = cast("User", request.user)
    reasons = deletion.reasons_against(user)
    form = ConfirmingForm(request, request.POST or None)
    if not reasons and form.is_valid():
        try:
            deletion.delete_account(user, request=request)
        except NotYet as error:
            reasons = error.reasons
        else:
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("home")
    page = render(request, "accounts/delete.html", {"form": form, "reasons": reasons})
    return say_too_many(page, form.too_many)


def _own(request: HttpRequest, session_id: str) -> Session:
    """404 alike for somebody else's and for what is none or has ended."""
    mine = sessions.open_sessions(cast("User", request.user))
    found = mine.filter(pk=session_id).first() if ObjectId.is_valid(session_id) else None
    if found is None:
        raise Http404("no such session")
    return found


def _record(request: HttpRequest, action: audit.Action, **details: Any) -> None:
    user = cast("User", request.user)
    audit.record(action, by=user, on=user, request=request, **details)
