"""Who asks the API: the `Authorization: Bearer` header, in either of its two kinds.

An access token (JWT) stands for a session, a personal token (`kb_…`) for a person's script. Both
are looked up at every request. What they may do then is `permissions`.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError

from accounts import api_tokens
from accounts.api.access_tokens import AccessToken
from accounts.models import ApiToken, Session, User
from accounts.sessions import find_open, owner_of, touch
from accounts.visits import Visit
from kbsite.api.problems import CHALLENGE


class BearerAuthentication(BaseAuthentication):
    """A header of another kind, or none, is left to the session cookie."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken | ApiToken] | None:
        kind, _, credential = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        found = _by_personal_token if credential.startswith(api_tokens.PREFIX) else _by_access_token
        return found(credential.strip(), request)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class IfStillGood(BearerAuthentication):
    """For signing out: a token that works no more leaves it to the refresh cookie alone."""

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            return AnonymousUser(), None


def _by_access_token(credential: str, request: HttpRequest) -> tuple[User, AccessToken]:
    try:
        token = AccessToken(credential)  # type: ignore[arg-type]
    except TokenError:
        raise AuthenticationFailed("This access token is not valid, or no longer.") from None
    session = find_open(pk=token.session_id, stage=Session.Stage.FULL)
    user = owner_of(session) if session else None
    if session is None or user is None:
        raise AuthenticationFailed("The session of this access token has ended. Sign in again.")
    touch(session, Visit.of(request))
    return user, token


def _by_personal_token(credential: str, request: HttpRequest) -> tuple[User, ApiToken]:
    token = api_tokens.find(credential)
    if token is None:
        raise AuthenticationFailed("This API token is not known, was revoked or has expired.")
    api_tokens.touch(token)
    return token.user, token
