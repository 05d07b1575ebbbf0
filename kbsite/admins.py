"""One-time passwords, and the way back in for an admin who lost theirs."""

import secrets

from accounts.models import User

ADMIN_NAME = "admin"
# without the letters and digits that are taken for one another
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 4, 5


def one_time_password() -> str:
    """About 115 bits, as 4 groups of 5; of every kind that the password policy asks for."""
    while True:
        groups = (
            "".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
        )
        password = "-".join(groups)
        kinds = (str.isupper, str.islower, str.isdigit)
        if all(any(kind(letter) for letter in password) for kind in kinds):
            return password


def reset_admin(*, username: str = "") -> tuple[User, str]:
    """Give a superuser a new one-time password; return both.

    The one named, else the oldest active one, else a new one called `admin`. A named user is
    made an active superuser. Raises `User.DoesNotExist` for a name that nobody has.
    """
    user = User.objects.get(username=username) if username else _oldest()
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.is_active = user.is_staff = user.is_superuser = True
    user.save()
    return user, password


def _oldest() -> User:
    superusers = User.objects.filter(is_superuser=True, is_active=True).order_by("date_joined")
    return superusers.first() or User(username=ADMIN_NAME)
