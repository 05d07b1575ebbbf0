"""Which passwords are allowed, and the one way to change one.

A password is the code points that were typed: never trimmed, cut, case-folded or normalised
(an é typed as one code point and as two are two passwords). Django calls the validators, in
the order of AUTH_PASSWORD_VALIDATORS, wherever a password is stored; never where one is
compared. How hashes are kept is `models.py`.
"""

import os
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import BasePasswordHasher, identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from accounts.models import User

MIN_LENGTH = 8  # code points
# zxcvbn's own line between "very guessable", even online and slowed down, and "somewhat"
MIN_GUESSES = 1_000_000
# zxcvbn tries every reading of look-alikes: measured 0.3 s for the worst 20 characters, 10 s for 72
MAX_ESTIMATED = 20

# one pool for the process: however many people change passwords, hashing leaves room for others
_checkers = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="password-history")


class StrengthValidator:
    """Asks for length and four kinds of characters, and names every rule that is broken.

    Letters and digits are those of any script; accents belong to their letter; whatever else
    there is, a space too, is "neither". Categories are Unicode's general categories.
    """

    @sensitive_variables("password")
    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        kinds = {unicodedata.category(character) for character in password}
        rules = {
            f"Use at least {MIN_LENGTH} characters.": len(password) >= MIN_LENGTH,
            "Add an upper-case letter.": not kinds.isdisjoint({"Lu", "Lt"}),
            "Add a lower-case letter.": "Ll" in kinds,
            "Add a digit.": "Nd" in kinds,
            "Add a character that is neither a letter nor a digit.": any(
                kind != "Nd" and kind[0] not in "LM" for kind in kinds
            ),
        }
        if broken := [rule for rule, holds in rules.items() if not holds]:
            raise ValidationError(broken, code="password_weak")

    def get_help_text(self) -> str:
        return (
            f"At least {MIN_LENGTH} characters, with an upper-case letter, a lower-case letter, "
            "a digit, and a character that is neither (a space counts)."
        )


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    """Refuses what stands on the lists that attackers try first, also thinly disguised.

    The lists are Django's and zxcvbn's, compared without regard to case; zxcvbn also sees
    through look-alikes (`Passw0rd!`), dates and rows of keys.
    """

    def __init__(self) -> None:
        super().__init__()
        self.passwords |= set(FREQUENCY_LISTS["passwords"])

    @sensitive_variables("password")
    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        super().validate(password, user)
        if len(password) <= MAX_ESTIMATED and zxcvbn(password)["guesses"] < MIN_GUESSES:
            raise ValidationError(self.get_error_message(), code="password_too_common")

    def get_error_message(self) -> str:
        return "This password is too common: it is among the first that anyone would try."

    def get_help_text(self) -> str:
        return "Not a common password, nor one with a few characters swapped or added."


class HistoryValidator:
    """Refuses the current password and the remembered ones."""

    @sensitive_variables("password")
    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if isinstance(user, User) and _matches_any(password, user.remembered_hashes()):
            raise ValidationError(
                "You have used this password before. Choose one that is new.",
                code="password_reused",
            )

    def get_help_text(self) -> str:
        return f"Not one of your last {settings.PASSWORD_HISTORY} passwords."


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
