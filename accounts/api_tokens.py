"""Personal API tokens: made, found and revoked. For scripts that cannot hold a cookie.

A token is shown once. It acts for its person, who may do no more by it than by hand, and only what
its scopes name (`accounts/api/permissions.py`).
"""

import secrets
from datetime import timedelta
from typing import Any, Final

from bson import ObjectId
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import audit, notices
from accounts.models import ApiToken, User
from accounts.notices import Notice
from accounts.sessions import digest

PREFIX: Final = "kb_"
"""So that people, and scanners of published code, know one when they see it."""
MAX_DAYS: Final = 365
MOST: Final = 50
USED_EVERY: Final = timedelta(minutes=1)


class TooManyTokens(Exception):
    """The person has as many as one may have."""

    def __init__(self) -> None:
        super().__init__(f"You have {MOST} tokens already. Revoke one that you do not use.")


@sensitive_variables("secret")
def make(
    user: User, *, name: str, scopes: list[str], days: int, request: HttpRequest
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is not known again. Raises `TooManyTokens`."""
    if tokens_of(user).count() >= MOST:
        raise TooManyTokens
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        scopes=scopes,
        token_hash=digest(secret),
        hint=secret[-4:],
        expires_at=timezone.now() + timedelta(days=min(days, MAX_DAYS)),
    )
    audit.record("token.make", by=user, on=user, request=request, **_described(token))
    notices.tell(user, Notice.TOKEN_MADE, request=request, name=name)
    return token, secret


@sensitive_variables("secret")
def find(secret: str) -> ApiToken | None:
    """The token that works now, with its person, who is active."""
    token = _working().filter(token_hash=digest(secret)).select_related("user").first()
    return token if token and token.user.is_active else None


def still_works(token_id: ObjectId) -> bool:
    return _working().filter(pk=str(token_id)).exists()


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Those that work, the newest first."""
    return _working().filter(user_id=user.pk)


def revoke(token: ApiToken, *, by: User, request: HttpRequest) -> bool:
    """Let it work no more, from its next request on; whether it was this call that did."""
    unrevoked = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    if not unrevoked.update(revoked_at=timezone.now()):
        return False
    audit.record("token.revoke", by=by, on=token.user, request=request, **_described(token))
    return True


def touch(token: ApiToken) -> None:
    """Remember that it was used, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _working() -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(revoked_at=None, expires_at__gt=timezone.now())


def _described(token: ApiToken) -> dict[str, Any]:
    return {"token": str(token.pk), "name": token.name, "scopes": " ".join(token.scopes)}
