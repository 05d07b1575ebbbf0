"""Sessions on the server: how they begin, go on and end. `SESSION_ENGINE` of the site.

A browser's cookie is a random key, of which only the SHA-256 is stored. Signing in and the second
step change the key and keep the row, so a session has one id from its first request to its last.
Who is signed in stands in the session's data, as Django's `login` writes it; the columns that
pages and the admin panel list follow from it. Half-authenticated (`HALF` in the data) is nobody to
every view but the second step's. A program's session is `accounts/refreshing.py`.
"""

import hashlib
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from asgiref.sync import sync_to_async
from bson import ObjectId
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import Session, User
from accounts.visits import Visit

HALF: Final = "half"
"""In a session's data: {"user": id, "hash": auth hash} of who has given the password only."""
HALF_LASTS: Final = timedelta(minutes=5)
SEEN_EVERY: Final = timedelta(minutes=1)


class SessionStore(SessionBase):
    """A browser's session, as Django's middleware drives it."""

    def __init__(self, session_key: str | None = None, *, visit: Visit | None = None) -> None:
        super().__init__(session_key)
        self.row: Session | None = None
        self._ended = False
        self._visit = visit or Visit()

    @property
    def session_id(self) -> ObjectId | None:
        """The id by which pages, tokens and the audit log name it; None until it is stored."""
        self._get_session()  # type: ignore[attr-defined]
        return self.row.pk if self.row else None

    @property
    def has_ended(self) -> bool:
        """Whether somebody was signed in with this key until it was revoked or timed out."""
        self._get_session()  # type: ignore[attr-defined]
        return self._ended

    def load(self) -> dict[str, Any]:
        row = Session.objects.filter(key_hash=digest(self.session_key)).first()
        if row is None or not row.is_open:
            self._ended = row is not None and row.stage == Session.Stage.FULL
            self._session_key = None
            return {}
        self.row = row
        touch(row, self._visit)
        return self.decode(row.data)

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(key_hash=digest(session_key)).exists()

    def create(self) -> None:
        self.row = None
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        fields = self._described(data) | {"data": self.encode(data)}
        if self.row is None:
            self._insert(fields)
        else:
            self._change(self.row, fields)

    def delete(self, session_key: str | None = None) -> None:
        """A visitor's is removed; a person's is kept, marked, for the audit log."""
        key = session_key or self.session_key
        if key is None:
            return
        found = Session.objects.filter(key_hash=digest(key), revoked_at=None)
        found.filter(user=None).delete()
        _revoke(found, "signed out")
        self.row = None

    def cycle_key(self) -> None:
        """Another key for the same session: whoever knew the old one knows nothing now."""
        self._get_session()  # type: ignore[attr-defined]
        if self.row is None:
            self.create()
            return
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
        try:
            self._change(self.row, {"key_hash": digest(self.session_key)})
        except UpdateError as error:
            raise SessionInterrupted("The session was ended meanwhile.") from error
        self.modified = True

    async def acycle_key(self) -> None:
        await sync_to_async(self.cycle_key)()

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing to do: MongoDB removes sessions by their TTL index."""

    def _insert(self, fields: dict[str, Any]) -> None:
        try:
            self.row = Session.objects.create(key_hash=digest(self.session_key), **fields)
        except IntegrityError as error:
            raise CreateError from error

    def _change(self, row: Session, fields: dict[str, Any]) -> None:
        # whoever has the key of before a sign-in must not write what they read then
        mine = Session.objects.filter(pk=row.pk, key_hash=row.key_hash, revoked_at=None)
        if not mine.update(**fields):
            raise UpdateError
        for name, value in fields.items():
            setattr(row, name, value)

    def _described(self, data: dict[str, Any]) -> dict[str, Any]:
        """The columns that follow from who the data says is signed in."""
        half = data.get(HALF) or {}
        user_id = data.get(SESSION_KEY) or half.get("user")
        stage = (
            Session.Stage.FULL
            if SESSION_KEY in data
            else Session.Stage.HALF
            if half
            else Session.Stage.VISITOR
        )
        fields = {
            "stage": stage,
            "user_id": ObjectId(user_id) if user_id else None,
            "auth_hash": data.get(HASH_SESSION_KEY) or half.get("hash", ""),
        }
        if self.row and (self.row.stage, self.row.user_id) == (stage, fields["user_id"]):
            return fields
        return fields | begun(stage) | asdict(self._visit)


def session_id_of(request: HttpRequest) -> ObjectId | None:
    """The session that this request came with: a program's token names it, or the cookie."""
    if token := getattr(request, "auth", None):
        return getattr(token, "session_id", None)
    return request.session.session_id  # type: ignore[attr-defined, no-any-return]


def open_sessions(user: User) -> QuerySet[Session]:
    """Where the person is signed in now, the most recently used first."""
    return _open().filter(user_id=user.pk, stage=Session.Stage.FULL)


def still_open(session_ids: set[ObjectId]) -> set[ObjectId]:
    """Those of the sessions that have not ended, whether revoked or timed out."""
    return {session.pk for session in _open().filter(pk__in=list(session_ids)).only("pk")}


def touch(row: Session, visit: Visit) -> None:
    """Move the idle time-out on, at most once a minute: a page is many requests."""
    now = timezone.now()
    if now - row.last_seen_at < SEEN_EVERY or row.stage == Session.Stage.HALF:
        return
    until = min(now + timedelta(hours=settings.SESSION_IDLE_HOURS), row.ends_at)
    seen = asdict(visit) if visit.address else {}
    Session.objects.filter(pk=row.pk).update(last_seen_at=now, expires_at=until, **seen)


def find_open(**fields: Any) -> Session | None:
    """The session with these columns, if it has not ended."""
    return _open().filter(**fields).first()


def owner_of(session: Session) -> User | None:
    """Whose it is, if they are active and have the password still that they signed in with."""
    may = User.objects.filter(is_active=True, unconfirmed_until=None)
    user = may.filter(pk=session.user_id).first()
    if user is None:
        return None
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(session.auth_hash, each) for each in hashes) else None


def revoke(session: Session, *, why: str) -> bool:
    """End it, at its next request wherever that is served; whether this call did."""
    return bool(_revoke(Session.objects.filter(pk=session.pk, revoked_at=None), why))


def revoke_all(user: User, *, why: str, keep: ObjectId | None = None) -> int:
    """End all the person's sessions but `keep`, half-authenticated ones too; returns how many."""
    theirs = Session.objects.filter(user_id=user.pk, revoked_at=None)
    return _revoke(theirs.exclude(pk__in=[keep] if keep else []), why)


def _open() -> QuerySet[Session]:
    now = timezone.now()
    return Session.objects.filter(revoked_at=None, expires_at__gt=now, ends_at__gt=now)


def _revoke(sessions: QuerySet[Session], why: str) -> int:
    return sessions.update(revoked_at=timezone.now(), revoked_why=why)


def begun(stage: str, *, most: timedelta = timedelta.max) -> dict[str, datetime]:
    """The times of a session that has just reached this stage, and lasts for `most` in all."""
    now = timezone.now()
    lasts = HALF_LASTS if stage == Session.Stage.HALF else timedelta(days=settings.SESSION_DAYS)
    lasts = min(lasts, most)
    idle = min(lasts, timedelta(hours=settings.SESSION_IDLE_HOURS))
    kept = timedelta(0 if stage == Session.Stage.VISITOR else settings.AUDIT_DAYS)
    return {
        "created_at": now,
        "last_seen_at": now,
        "expires_at": now + idle,
        "ends_at": now + lasts,
        "purge_at": now + lasts + kept,
    }


def digest(key: str | None) -> str:
    return hashlib.sha256((key or "").encode()).hexdigest()
