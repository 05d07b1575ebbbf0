"""What an administrator does to somebody's account: it holds at once, and is audited.

Nobody does it to their own account, for which the site has pages that ask for the password.
Each raises `NotDone` where it may not be. Django's admin templates ask for staff, which here is
one with administrators.
"""

from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest

from accounts import (
    api_tokens,
    audit,
    deletion,
    email_addresses,
    mfa,
    notices,
    outbox,
    sessions,
    signing_in,
)
from accounts.administrators import LastAdministrator, keeping_one
from accounts.confirming_identity import PASSWORDS
from accounts.models import User
from accounts.notices import Notice
from accounts.password_forms import TRIES
from accounts.throttling import forget

INVITED: Final = "invited"
"""The kind of mail, whose link is `resetting`'s: the first password is chosen like another."""


class NotDone(Exception):
    """It may not be done; the message is a sentence that says why."""


def deactivate(user: User, *, by: User, request: HttpRequest) -> None:
    """Let the person sign in no more, and end their sessions."""
    _refuse_oneself(user, by)
    active = User.objects.filter(pk=user.pk, is_active=True)
    try:
        changed = keeping_one(lambda: active.update(is_active=False))
    except LastAdministrator as error:
        raise NotDone(str(error)) from error
    if not changed:
        raise NotDone("They were deactivated already.")
    sessions.revoke_all(user, why="deactivated")
    audit.record("user.deactivate", by=by, on=user, request=request)


def activate(user: User, *, by: User, request: HttpRequest) -> None:
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        raise NotDone("They were active already.")
    audit.record("user.activate", by=by, on=user, request=request)


def force_change(user: User, *, by: User, request: HttpRequest) -> None:
    """Sign the person out everywhere; after signing in they choose another password first."""
    _refuse_oneself(user, by)
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    email_addresses.forget_pending(user)
    sessions.revoke_all(user, why="password change demanded")
    audit.record("password.force_change", by=by, on=user, request=request)


def sign_out(user: User, *, by: User, request: HttpRequest) -> None:
    """End all that acts in the person's name: sessions, API tokens, an e-mail change that waits."""
    _refuse_oneself(user, by)
    email_addresses.forget_pending(user)
    for token in api_tokens.tokens_of(user):
        api_tokens.revoke(token, by=by, request=request)
    ended = sessions.revoke_all(user, why="ended by an administrator")
    audit.record("session.revoke_all", by=by, on=user, request=request, ended=ended)


def unlock(user: User, *, by: User, request: HttpRequest) -> None:
    """Let the person try to sign in again at once, however often passwords or codes failed."""
    signing_in.unlock(user)
    for rule in (mfa.CODES, PASSWORDS, TRIES):
        forget(rule, user.pk)
    audit.record("user.unlock", by=by, on=user, request=request)


def reset_mfa(user: User, *, by: User, request: HttpRequest, reason: str) -> None:
    """Take away the second step of somebody who lost it, and sign them out."""
    _refuse_oneself(user, by)
    if not user.has_mfa:
        raise NotDone("They have no second step.")
    mfa.reset(user, by=by, reason=reason, request=request)


def delete(user: User, *, by: User, request: HttpRequest) -> None:
    """Remove the account with its sessions and memberships; what the person wrote stays."""
    _refuse_oneself(user, by)
    try:
        keeping_one(lambda: deletion.remove(user))
    except LastAdministrator as error:
        raise NotDone(str(error)) from error
    audit.record("user.delete", by=by, on=user, request=request)


def give_password(user: User, *, by: User, request: HttpRequest) -> None:
    """What follows a password that was just set for somebody: they are told and signed out."""
    sessions.revoke_all(user, why="password given")
    audit.record("password.set", by=by, on=user, request=request)
    notices.tell(user, Notice.PASSWORD_CHANGED, request=None)


def change(
    user: User, *, fields: Sequence[str], old_email: str, by: User, request: HttpRequest
) -> None:
    """Store these fields; who administers the site and who gets which mail is told apart.

    A former address is told of the new one, which nobody has confirmed.
    """
    user.is_staff = user.is_superuser
    names = {*fields}

    def store() -> None:
        user.save(update_fields={*names, "is_staff"})
        if "email" in names:
            # nobody has confirmed it, nor need they to sign in: an administrator vouches for them
            User.objects.filter(pk=user.pk).update(
                email_verified_at=None, email_pending="", unconfirmed_until=None
            )

    try:
        keeping_one(store)
    except LastAdministrator as error:
        raise NotDone(str(error)) from error
    _record_change(user, names=sorted(fields), by=by, request=request)
    if "email" in names and old_email:
        notices.tell(user, Notice.EMAIL_CHANGED, request=None, send_to=old_email)


def _record_change(user: User, *, names: list[str], by: User, request: HttpRequest) -> None:
    if "is_superuser" in names:
        names.remove("is_superuser")
        audit.record(
            "user.promote" if user.is_superuser else "user.demote", by=by, on=user, request=request
        )
    if names:
        audit.record("user.change", by=by, on=user, request=request, fields=" ".join(names))


def create(user: User, *, by: User, request: HttpRequest) -> None:
    """Store a new person, whose first password whoever makes the account has typed."""
    user.is_staff = user.is_superuser
    user.save()
    audit.record("user.create", by=by, on=user, request=request, administrator=user.is_superuser)


def invite(user: User, *, by: User, request: HttpRequest) -> None:
    """Store a new person without a password, and mail them a link to choose one."""
    user.set_unusable_password()
    user.is_staff = user.is_superuser
    user.save()
    audit.record("user.invite", by=by, on=user, request=request, administrator=user.is_superuser)
    outbox.post(INVITED, to=user, request=request, by=str(by))


def _refuse_oneself(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise NotDone("Nobody does this to their own account; the site has pages for that.")
