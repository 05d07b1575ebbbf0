"""A program's sign-in: a session that goes on by a refresh token, which each use replaces.

A refresh token is 64 random bytes, of which only the SHA-256 is stored. Whoever shows one that was
replaced before has either stolen it or lost it to a thief, so the whole session ends (OAuth 2.0
Security BCP 4.14). Two things look like that and are none: two tabs that refresh at once, and a
reply that got lost. So the newest replaced token still gives its successor, the same one, for a
few seconds. The successor is stored under a key made from the token it replaced: who can read the
database has the key to neither.

Browsers' sessions are `accounts/sessions.py`.
"""

import base64
import hashlib
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import Fernet
from django.contrib.auth.models import update_last_login
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import audit, notices, sessions
from accounts.models import Session, User
from accounts.notices import Notice
from accounts.sessions import begun, digest, find_open, owner_of
from accounts.throttling import DAY, HOUR, MINUTE, Rule, count
from accounts.visits import Visit

LASTS: Final = timedelta(days=7)
"""From the sign-in on, however often the token is replaced."""
GRACE: Final = timedelta(seconds=10)
# bounds the list of replaced tokens too
REFRESHES: Final = Rule("refresh", ((20, MINUTE), (120, HOUR), (1_000, DAY)))


class InvalidRefresh(Exception):
    """Unknown, ended, expired, or used before: which of them is not told."""

    def __init__(self) -> None:
        super().__init__("Sign in again: this sign-in has ended, or its token is not right.")


def begin_half(user: User, *, request: HttpRequest) -> Session:
    """The session of a program that has given the password only; it has no refresh token."""
    return _store(user, request, Session.Stage.HALF)


@sensitive_variables("token")
def begin(user: User, *, request: HttpRequest) -> tuple[Session, str]:
    """Sign a program in; returns its session and the first refresh token."""
    known = _known(user, Visit.of(request))
    token = _new_token()
    session = _store(user, request, Session.Stage.FULL, refresh_hash=digest(token))
    _tell(user, known, request)
    return session, token


@sensitive_variables("token")
def complete(half: Session, user: User, *, request: HttpRequest) -> tuple[Session, str]:
    """Make it a whole session, whose second step was given; with the first refresh token.

    Raises `InvalidRefresh` where somebody else was faster or it has ended meanwhile.
    """
    known = _known(user, Visit.of(request))
    token = _new_token()
    whole = {"stage": Session.Stage.FULL, "refresh_hash": digest(token)}
    waiting = Session.objects.filter(pk=half.pk, stage=Session.Stage.HALF, revoked_at=None)
    if not waiting.update(**whole, **begun(Session.Stage.FULL, most=LASTS)):
        raise InvalidRefresh
    half.refresh_from_db()
    _tell(user, known, request)
    return half, token


@sensitive_variables("token")
def refresh(token: str, *, request: HttpRequest) -> tuple[Session, str]:
    """The session of this refresh token, and the token that replaces it.

    Raises `InvalidRefresh`, or `TooMany` without having replaced it.
    """
    arrived = timezone.now()  # before a database that fails over makes us wait
    if session := find_open(refresh_hash=digest(token)):
        _check_owner(session)
        count(REFRESHES, session.pk)
        if successor := _replace(session, token, now=arrived, request=request):
            return session, successor
    return _again(token, arrived, request)


@sensitive_variables("token")
def session_of(token: str) -> Session | None:
    """The open session whose refresh token this is, or was: the last reply may have got lost."""
    return find_open(refresh_hash=digest(token)) or find_open(spent_refresh=digest(token))


@sensitive_variables()
def _replace(session: Session, token: str, *, now: datetime, request: HttpRequest) -> str | None:
    """Another token for the session; None where somebody else has just replaced this one."""
    successor = _new_token()
    current = Session.objects.filter(
        pk=session.pk, refresh_hash=session.refresh_hash, revoked_at=None
    )
    replaced = current.update(
        refresh_hash=digest(successor),
        spent_refresh=[*session.spent_refresh, session.refresh_hash],
        successor=_lock(token).encrypt(successor.encode()).decode(),
        refreshed_at=now,
    )
    if not replaced:
        return None
    sessions.touch(session, Visit.of(request))
    return successor


@sensitive_variables("token")
def _again(token: str, arrived: datetime, request: HttpRequest) -> tuple[Session, str]:
    """The same successor for a token that was replaced just now; an older one ends the session."""
    spent = digest(token)
    session = find_open(spent_refresh=spent)
    if session is None:
        raise InvalidRefresh
    newest, at = session.spent_refresh[-1], session.refreshed_at
    if newest == spent and at and arrived - at <= GRACE:
        _check_owner(session)
        return session, _lock(token).decrypt(session.successor.encode()).decode()
    _end_family(session, request)
    raise InvalidRefresh


def _end_family(session: Session, request: HttpRequest) -> None:
    if sessions.revoke(session, why="refresh token used twice") and session.user:
        audit.record(
            "session.refresh_reused",
            on=session.user,
            request=request,
            outcome=audit.REFUSED,
            session=str(session.pk),
        )
        notices.tell(session.user, Notice.REFRESH_REUSED, request=request)


def _check_owner(session: Session) -> None:
    if owner_of(session) is None:
        raise InvalidRefresh


def _store(user: User, request: HttpRequest, stage: Session.Stage, **fields: Any) -> Session:
    return Session.objects.create(
        kind=Session.Kind.API,
        stage=stage,
        user=user,
        auth_hash=user.get_session_auth_hash(),
        **begun(stage, most=LASTS),
        **asdict(Visit.of(request)),
        **fields,
    )


def _known(user: User, visit: Visit) -> bool:
    """Whether this program signed in to the account from there before."""
    before = Session.objects.filter(user_id=user.pk, kind=Session.Kind.API, **asdict(visit))
    return before.filter(stage=Session.Stage.FULL).exists()


def _tell(user: User, known: bool, request: HttpRequest) -> None:
    update_last_login(None, user)  # type: ignore[arg-type]
    audit.record("session.open", by=user, on=user, request=request, kind=Session.Kind.API.value)
    if not known:
        notices.tell(user, Notice.NEW_DEVICE, request=request)


def _new_token() -> str:
    return secrets.token_urlsafe(64)


@sensitive_variables()
def _lock(token: str) -> Fernet:
    """What only who has the replaced token can open."""
    key = hashlib.sha256(b"successor" + token.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
