"""How a name or an e-mail and a password become a user. What a user may do is not decided here."""

from typing import Any, TypeGuard

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.identity import identity_key
from accounts.models import User

MAX_IDENTITY = 254  # characters; the longest e-mail


class UsernameOrEmailBackend(BaseBackend):
    """Signs in by user name or e-mail, whatever their case.

    Unknown, inactive and wrong look and take the same: nothing is returned, after one hash.
    """

    @sensitive_variables("password")
    def authenticate(
        self,
        request: HttpRequest | None,
        username: object = None,
        password: object = None,
        **kwargs: Any,
    ) -> User | None:
        if not _is_text(username) or not _is_text(password):
            return None
        user = find_user(username)
        if user is None:
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: Any) -> User | None:
        found = User.objects.filter(pk=user_id, is_active=True, unconfirmed_until=None)
        return found.first()


def find_user(identity: str) -> User | None:
    """Who has this user name or e-mail, active or not."""
    if not _is_text(identity) or len(identity) > MAX_IDENTITY:
        return None
    if not (key := identity_key(identity)):
        return None
    field = "email_key" if "@" in key else "username_key"
    return User.objects.filter(**{field: key}).first()


def _is_text(value: object) -> TypeGuard[str]:
    """Whether this is a string that can be stored: JSON can carry half a surrogate pair."""
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:
        return False
