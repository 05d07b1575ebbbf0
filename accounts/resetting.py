"""Choosing a new password by a mailed link, for whoever has forgotten the old one.

Asking costs the same and is answered alike whoever the name belongs to (R4): it only writes to the
outbox. Django makes the token out of the account's hash, e-mail and last sign-in; so it works once,
for `PASSWORD_RESET_TIMEOUT` seconds, and no longer than the password that it replaces.
"""

from datetime import timedelta
from typing import Final

from bson import ObjectId
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import audit, notices, outbox, sessions, signing_in
from accounts.identity import identity_key
from accounts.models import QueuedMail, User
from accounts.notices import Notice
from accounts.throttling import DAY, HOUR, Rule, TooMany, count
from accounts.visits import Visit

KIND: Final = "password_reset"
ADDRESS: Final = Rule("reset-address", ((10, HOUR), (50, DAY)))
# not also by the day: whoever asks for others' links must not keep theirs from them (R2)
ACCOUNT: Final = Rule("reset", ((4, HOUR),))

_tokens = PasswordResetTokenGenerator()


def ask(request: HttpRequest, *, identity: str) -> None:
    """Queue a mail with a link for whoever has this name or e-mail, if anybody does.

    Raises `TooMany` for an address that asks too often. For a name that is asked for too often
    nothing is sent, and nothing said: the links of the last hour still work.
    """
    visit = Visit.of(request)
    count(ADDRESS, visit.network)
    try:
        count(ACCOUNT, identity_key(identity))
    except TooMany:
        return
    where = {"address": visit.address, "user_agent": visit.user_agent}
    outbox.post(KIND, to=identity, request=request, **where)


def link_for(queued: QueuedMail, user: User) -> dict[str, str] | None:
    """What the mail about to be sent needs; None for the inactive, and for who asked long ago.

    An invitation, for which nobody waits, may be late: its link holds from now on.
    """
    waited = timezone.now() - queued.created_at
    late = queued.kind == KIND and waited > timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    if late or not user.is_active:
        return None
    token = f"{user.pk}.{_tokens.make_token(user)}"
    path = reverse("accounts:password_reset_link", args=[token])
    return {"link": queued.base_url.rstrip("/") + path}


def owner_of(token: str) -> User | None:
    """Whose link this is; None where it is none, or not any more."""
    user_id, _, secret = token.partition(".")
    if not ObjectId.is_valid(user_id):
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user if user and _tokens.check_token(user, secret) else None


def finish(request: HttpRequest, user: User) -> None:
    """What follows the new password: everybody is signed out, and the failures are forgotten.

    Nobody is signed in: whoever has a second factor still needs it.
    """
    # the link was in the mail, so they read it
    unconfirmed = User.objects.filter(pk=user.pk, email_verified_at=None)
    unconfirmed.filter(email_key=user.email_key).update(
        email_verified_at=timezone.now(), unconfirmed_until=None
    )
    sessions.revoke_all(user, why="password reset")
    signing_in.unlock(user)
    audit.record("password.reset", by=user, on=user, request=request)
    notices.tell(user, Notice.PASSWORD_CHANGED, request=request)
