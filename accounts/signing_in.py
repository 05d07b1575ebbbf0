"""Signing in, for the page and the API alike: counted, checked, and then a session.

What is wrong with a name and a password is never told apart, in words or in time (R4). Whoever
has a second factor gets half a session first (`sessions.HALF`), which only `second step` completes.
"""

import time
from contextlib import suppress
from typing import Final

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_variables

from accounts import audit, notices, sessions
from accounts.backends import find_user
from accounts.devices import device_of, remember_device
from accounts.identity import identity_key
from accounts.models import Session, User
from accounts.notices import Notice
from accounts.sessions import HALF
from accounts.throttling import DAY, HOUR, MINUTE, Rule, TooMany, count, forget
from accounts.visits import Visit

# NIST SP 800-63B-4 3.2.2: at most 100 failures in a row; a success begins anew. Name and e-mail are
# counted apart, half each: together they would tell which e-mail is whose (R4)
NAME: Final = Rule("sign-in", ((5, 5 * MINUTE), (20, HOUR), (50, 30 * DAY)))
DEVICE: Final = Rule("sign-in-device", ((10, 5 * MINUTE), (100, 30 * DAY)))
ADDRESS: Final = Rule("sign-in-address", ((30, MINUTE), (300, HOUR)))
BEAT: Final = 0.02
"""Seconds: a refusal comes at a multiple of it since it was asked for."""
TOLD: Final = Rule("sign-in-told", ((1, DAY),))


class InvalidCredentials(Exception):
    """Unknown, wrong or inactive: which of them is not told."""

    def __init__(self) -> None:
        super().__init__("The name or the password is not right.")


class Unconfirmed(InvalidCredentials):
    """They are right, but the account's e-mail address is not confirmed: nobody signs in yet."""

    def __init__(self, user: User) -> None:
        Exception.__init__(self, "Confirm your e-mail address first: open the link in our mail.")
        self.user = user


@sensitive_variables("password")
def check_credentials(request: HttpRequest, *, identity: str, password: str) -> User:
    """Whose name or e-mail and password these are. Nobody is signed in yet.

    Raises `InvalidCredentials`, `Unconfirmed` among them, or `TooMany` without having looked at
    the password.
    """
    started = time.monotonic()
    try:
        found = _find_and_count(request, identity)
    except TooMany:
        _wait_for_beat(started)
        raise
    user = authenticate(request, username=identity, password=password)
    if not isinstance(user, User):
        audit.record("session.open", on=found, request=request, outcome=audit.REFUSED)
        _wait_for_beat(started)
        raise InvalidCredentials
    if user.unconfirmed_until:
        raise Unconfirmed(user)
    unlock(user)
    # hashing takes its time, and the second step may have been turned on meanwhile
    user.refresh_from_db(fields=["mfa_secret"])
    if device := device_of(request, user):
        forget(DEVICE, device)
    return user


def _wait_for_beat(started: float) -> None:
    """Hide half a millisecond, which is what a found account takes to read (measured)."""
    time.sleep((started - time.monotonic()) % BEAT)


def unlock(user: User) -> None:
    """Forget the failures to sign in to this account: its owner is there, or an admin says so."""
    for name in (user.username_key, user.email_key):
        forget(NAME, name)


def go_on(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """Sign in the one whose password was checked, or ask for the second step first; then `to`."""
    if user.has_mfa:
        open_half(request, user, to=to)
        return redirect("accounts:second_step")
    return welcome(request, user, to=to)


def open_half(request: HttpRequest, user: User, *, to: str) -> None:
    """Begin the session of somebody who has given the password only."""
    request.session.flush()
    request.session[HALF] = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "to": to,
    }
    request.session.cycle_key()


def half_user(request: HttpRequest) -> User | None:
    """Who has given the password in this session, and not yet the second factor."""
    half: dict[str, str] = request.session.get(HALF) or {}
    if not half:
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    return user if user and user.get_session_auth_hash() == half["hash"] else None


def welcome(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """Open the whole session, and go to `to`; a device that was not known is told by mail."""
    request.session.pop(HALF, None)
    login(request, user, backend="accounts.backends.UsernameOrEmailBackend")
    audit.record("session.open", by=user, on=user, request=request)
    if not device_of(request, user):
        notices.tell(user, Notice.NEW_DEVICE, request=request)
    response = redirect(to)
    remember_device(request, response, user)
    return response


def keep_only_this_session(request: HttpRequest, user: User) -> None:
    """Go on after the user has changed the password: here alone, which everyone is told.

    This session goes on last: it may have ended meanwhile, of which the others must hear too.
    """
    kept = sessions.session_id_of(request)
    sessions.revoke_all(user, why="password changed", keep=kept)
    audit.record("password.change", by=user, on=user, request=request)
    notices.tell(user, Notice.PASSWORD_CHANGED, request=request)
    if getattr(request, "auth", None):
        Session.objects.filter(pk=str(kept)).update(auth_hash=user.get_session_auth_hash())
    else:
        update_session_auth_hash(request, user)


def _find_and_count(request: HttpRequest, identity: str) -> User | None:
    if network := Visit.of(request).network:
        count(ADDRESS, network)
    found = find_user(identity)
    if device := device_of(request, found):
        with suppress(TooMany):  # as any other browser, then
            count(DEVICE, device)
            return found
    key = identity_key(identity)
    try:
        count(NAME, key)
    except TooMany:
        _tell_of_failures(request, key)
        raise
    return found


def _tell_of_failures(request: HttpRequest, key: str) -> None:
    """The same work for a name that nobody has, who is told nothing."""
    try:
        count(TOLD, key)
    except TooMany:
        return
    notices.tell_if_known(key, Notice.FAILURES, request=request)
