"""Whose an e-mail address is: theirs who opens the link that was mailed to it.

Until then it waits in `email_pending`, of a new account as of a new address, and counts for
nothing: one cannot sign in with it, and no other mail goes there. Whether somebody else has it
decides only which mail is sent (R4), and at the end the unique index decides.

An address that an administrator gave is used for mails about the account, unconfirmed as it is.
"""

import hashlib
from datetime import timedelta
from typing import Any, Final

from django.core import signing
from django.db import IntegrityError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import audit, notices, outbox
from accounts.identity import identity_key
from accounts.models import QueuedMail, User
from accounts.notices import Notice
from accounts.throttling import DAY, HOUR, Rule, count
from accounts.visits import Visit

KIND: Final = "confirm_email"
LINK_LASTS: Final = timedelta(days=1)
TO_ADDRESS: Final = Rule("confirm-email-to", ((3, HOUR), (6, DAY)))
"""Whoever's mailbox it is should not be flooded by people who write its address."""


class LinkGone(Exception):
    """The link is none, too old, used, or of an address that is not wanted any more."""


class AddressTaken(Exception):
    """Somebody else confirmed the same address first; nothing was stored."""


def ask_to_confirm(user: User, address: str, *, request: HttpRequest) -> None:
    """Let the address wait, and mail its link. Raises `TooMany`, having done nothing."""
    count_mail(address)
    User.objects.filter(pk=user.pk).update(email_pending=address)
    user.email_pending = address
    audit.record("email.ask", by=user, on=user, request=request)
    post_link(user, request=request)


def count_mail(address: str) -> None:
    """Count a mail to an address that is nobody's yet. Raises `TooMany`."""
    count(TO_ADDRESS, identity_key(address))


def post_link(user: User, *, request: HttpRequest) -> None:
    """Queue the mail with the link; to an address that is somebody's, one that tells them."""
    key = identity_key(user.email_pending)
    # not who has it: reading an account would take longer than finding none
    if User.objects.filter(email_key=key).exclude(pk=user.pk).exists():
        notices.tell_if_known(key, Notice.EMAIL_TAKEN, request=request)
        return
    visit = Visit.of(request)
    where = {"address": visit.address, "user_agent": visit.user_agent}
    outbox.post(KIND, to=user, request=request, send_to=user.email_pending, **where)


def link_for(queued: QueuedMail, user: User) -> dict[str, str] | None:
    """What the mail about to be sent needs; None where its address is not wanted any more."""
    late = timezone.now() - queued.created_at > LINK_LASTS
    if late or not user.is_active or user.email_pending != queued.facts["send_to"]:
        return None
    path = reverse("accounts:email_confirm", args=[token_of(user)])
    return {"link": queued.base_url.rstrip("/") + path, "pending": user.email_pending}


def forget_pending(user: User) -> None:
    """The address that somebody asked for becomes nobody's: it may not have been the owner."""
    User.objects.filter(pk=user.pk, unconfirmed_until=None).update(email_pending="")


def token_of(user: User) -> str:
    """What shows that its bearer has read the mail to `email_pending`."""
    return signing.dumps([str(user.pk), _digest(user.email_pending)], salt=__name__)


def awaited_by(token: str) -> User:
    """Whose pending address the link confirms. Raises `LinkGone`."""
    try:
        user_id, digest = signing.loads(token, salt=__name__, max_age=LINK_LASTS)
    except (signing.BadSignature, ValueError) as error:
        raise LinkGone from error
    user = User.objects.filter(pk=user_id, is_active=True).exclude(email_pending="").first()
    if user is None or _digest(user.email_pending) != digest:
        raise LinkGone
    return user


def confirm(token: str, *, request: HttpRequest) -> User:
    """Make the pending address the account's own. Raises `LinkGone`, `AddressTaken`."""
    user = awaited_by(token)
    old, new = user.email, user.email_pending
    changes: dict[str, Any] = {
        "email": new,
        "email_key": identity_key(new),
        "email_pending": "",
        "email_verified_at": timezone.now(),
        "unconfirmed_until": None,
    }
    try:
        # of two clicks one confirms
        stored = User.objects.filter(pk=user.pk, email_pending=new, is_active=True).update(
            **changes
        )
    except IntegrityError as error:
        raise AddressTaken from error
    if not stored:
        raise LinkGone
    for name, value in changes.items():
        setattr(user, name, value)
    _tell(user, old, request)
    return user


def _tell(user: User, old: str, request: HttpRequest) -> None:
    """The old address is told of a new one, so that its owner notices what was not them."""
    changed = bool(old) and identity_key(old) != user.email_key
    audit.record("email.change" if changed else "email.verify", by=user, on=user, request=request)
    if changed:
        notices.tell(user, Notice.EMAIL_CHANGED, request=request, send_to=old)


def _digest(address: str) -> str:
    return hashlib.sha256(identity_key(address).encode()).hexdigest()[:32]
