"""One-time passwords, and the way back in for an admin who lost theirs."""

import secrets
from typing import Final

from accounts import audit, sessions
from accounts.identity import identity_key
from accounts.models import User

ADMIN_NAME = "admin"
# without the letters and digits that are taken for one another
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
RESTORED: Final[tuple[audit.Action, audit.Action]] = ("user.activate", "user.promote")
GROUPS, GROUP_LENGTH = 4, 5


class NameTaken(Exception):
    """There is no admin, and an ordinary user has the name that a new one would get."""


def one_time_password() -> str:
    """About 115 bits, as 4 groups of 5; of every kind that the password policy asks for."""
    while True:
        letters = (secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP_LENGTH))
        password = "-".join("".join(group) for group in zip(*[letters] * GROUP_LENGTH, strict=True))
        kinds = (str.isupper, str.islower, str.isdigit)
        if all(any(kind(letter) for letter in password) for kind in kinds):
            return password


def create_admin() -> tuple[User, str]:
    """Create the superuser `admin`; return it and its one-time password.

    Raises `NameTaken`.
    """
    if User.objects.filter(username_key=identity_key(ADMIN_NAME)).exists():
        raise NameTaken
    password = one_time_password()
    user = User.objects.create_superuser(ADMIN_NAME, "", password, must_change_password=True)
    audit.record("user.create", on=user, administrator=True)
    return user, password


def reset_admin(*, username: str = "") -> tuple[User, str]:
    """Give a superuser a new one-time password; return both.

    The one named, else the oldest active one, else a new one. Who is named is made an active
    superuser. Raises `User.DoesNotExist` for a name that nobody has, and `NameTaken`.
    """
    superusers = User.objects.filter(is_superuser=True, is_active=True).order_by("date_joined")
    user = User.objects.get_by_natural_key(username) if username else superusers.first()
    if user is None:
        return create_admin()
    password, before = one_time_password(), (user.is_active, user.is_superuser)
    user.set_password(password)
    user.must_change_password = True
    user.is_active = user.is_staff = user.is_superuser = True
    user.save()
    sessions.revoke_all(user, why="password given")
    audit.record("password.set", on=user)
    for held, action in zip(before, RESTORED, strict=True):
        if not held:
            audit.record(action, on=user)
    return user, password
