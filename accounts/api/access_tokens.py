"""The signed tokens of the API (JWT): what they say, and for how long.

A token only names its session (`sid`); whether that lives is looked up at every request, so that
ending a session ends its tokens at once.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, Self

from bson import ObjectId
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.tokens import Token

from accounts.models import Session

ALGORITHM: Final = "HS256"
SALT: Final = "accounts.api.access_tokens"


class Keys(TokenBackend):
    """Signs with the site's key, and takes what that or an earlier one of its keys has signed."""

    def __init__(self, *keys: str) -> None:
        super().__init__(ALGORITHM, keys[0])
        self.earlier = [TokenBackend(ALGORITHM, key) for key in keys[1:]]

    def decode(self, token: Token, verify: bool = True) -> dict[str, Any]:
        for backend in self.earlier:
            try:
                return backend.decode(token, verify)
            except TokenBackendError:
                continue
        return super().decode(token, verify)


class SessionToken(Token):
    """A token of one session, of the type that the subclass names."""

    def get_token_backend(self) -> TokenBackend:
        return _keys(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)

    @classmethod
    def of(cls, session: Session) -> Self:
        token = cls()
        token["sub"], token["sid"] = str(session.user_id), str(session.pk)
        return token

    @property
    def session_id(self) -> ObjectId:
        return ObjectId(self["sid"])


class AccessToken(SessionToken):
    """Opens what its session's person may do."""

    token_type = "access"  # noqa: S105
    lifetime = timedelta(minutes=15)


class MfaToken(SessionToken):
    """Says that the password was right; opens the second step and nothing else."""

    token_type = "mfa"  # noqa: S105
    lifetime = timedelta(minutes=5)


@lru_cache(maxsize=4)
@sensitive_variables()
def _keys(*secrets: str) -> Keys:
    derived = [salted_hmac(SALT, "", secret=each, algorithm="sha256") for each in secrets]
    return Keys(*(each.hexdigest() for each in derived))
