"""The passwords that a person has had, and the one way to change one.

Which passwords are allowed besides is `policy.py`; how hashes are kept is `models/users.py`.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import BasePasswordHasher, identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from accounts.policy import ByDemands, Demand

# one pool for the process: however many people change passwords, hashing leaves room for others
_checkers = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="password-history")


class HistoryValidator(ByDemands):
    """Refuses the current password and the remembered ones."""

    code = "password_reused"

    def demands(self, password: str, user: AbstractBaseUser | None) -> list[Demand]:
        """Never looked at while somebody types: it costs hashes, and would answer guesses."""
        had_one = isinstance(user, User) and user.remembered_hashes() != [""]
        text = f"None of your last {settings.PASSWORD_HISTORY} passwords"
        return [Demand(text, later=True)] if had_one else []

    @sensitive_variables("password")
    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if isinstance(user, User) and _matches_any(password, user.remembered_hashes()):
            raise ValidationError(
                "You have used this password before. Choose one that is new.", code=self.code
            )


def password_is_too_old(user: User) -> bool:
    """Whether the site lets nobody go on with a password of this age (never, by default)."""
    oldest = timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)
    return bool(oldest) and timezone.now() - user.password_changed_at > oldest


@sensitive_variables("raw")
def change_password(*, user: User, raw: str, seen_hash: str) -> None:
    """Make `raw` the user's password, if the stored hash still is `seen_hash`.

    Raises `ValidationError` with every broken rule, or `PasswordConflict` when another change
    came first. Sessions opened before stop working.
    """
    password_validation.validate_password(raw, user)
    user.replace_hash(make_password(raw), seen=seen_hash)


@sensitive_variables("raw")
def _matches_any(raw: str, hashes: Iterable[str]) -> bool:
    """Whether `raw` made one of the hashes: checked in parallel, the cheapest first."""
    known = [(_hasher(each), each) for each in hashes]
    usable = [(hasher, each) for hasher, each in known if hasher]
    usable.sort(key=lambda pair: pair[0].decode(pair[1])["work_factor"])
    checks = [_checkers.submit(hasher.verify, raw, each) for hasher, each in usable]
    try:
        return any(check.result() for check in as_completed(checks))
    finally:
        for check in checks:
            check.cancel()


def _hasher(encoded: str) -> BasePasswordHasher | None:
    try:
        return identify_hasher(encoded)
    except ValueError:
        return None
