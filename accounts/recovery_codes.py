"""Recovery codes: ten that stand in for the second factor, each once, when the phone is lost.

They are shown when they are made and never again: only their hashes are stored. One salt for each
person's ten, so that checking what somebody typed takes one computation and not ten.
"""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts import audit, notices
from accounts.models import User
from accounts.notices import Notice

HOW_MANY: Final = 10
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is mistaken for something else: i, l, o, 0 and 1."""
LENGTH: Final = 12
"""Characters; 59 bits."""
SCRYPT_N: Final = 2**14
"""The cost of one hash: 16 MB, and about 50 ms."""


class RenewedMeanwhile(Exception):
    """Somebody else was faster; the codes that were made are not stored."""


@dataclass(frozen=True)
class RecoveryCodes:
    """Ten new codes: what to show (`texts`), and what to store of them."""

    texts: tuple[str, ...]
    salt: str
    hashes: tuple[str, ...]

    def __repr__(self) -> str:
        return "RecoveryCodes(...)"

    @property
    def fields(self) -> dict[str, object]:
        """The user's fields that hold them."""
        return {"recovery_salt": self.salt, "recovery_codes": list(self.hashes)}


NONE: Final[dict[str, object]] = {"recovery_salt": "", "recovery_codes": []}


@sensitive_variables()
def make() -> RecoveryCodes:
    salt, texts = secrets.token_hex(16), tuple(_random() for _ in range(HOW_MANY))
    return RecoveryCodes(texts, salt, tuple(_hash(text, salt) for text in texts))


@sensitive_variables("typed")
def spend(user: User, typed: str, *, request: HttpRequest) -> bool:
    """Use a code up, and tell its owner; False if it is not one of theirs (any more)."""
    if not user.recovery_salt or not _take(user, _hash(typed, user.recovery_salt)):
        return False
    audit.record("recovery.use", by=user, on=user, request=request, left=left(user))
    notices.tell(user, Notice.RECOVERY_USED, request=request, left=str(left(user)))
    return True


def renew(user: User, *, request: HttpRequest) -> RecoveryCodes:
    """Ten new codes in place of those that are left; the caller has confirmed who asks.

    Raises `RenewedMeanwhile` where they are not what the caller saw any more.
    """
    codes = make()
    unchanged = User.objects.filter(pk=user.pk, recovery_salt=user.recovery_salt)
    if not user.has_mfa or not unchanged.update(**codes.fields):
        raise RenewedMeanwhile
    audit.record("recovery.renew", by=user, on=user, request=request)
    notices.tell(user, Notice.RECOVERY_RENEWED, request=request)
    return codes


def left(user: User) -> int:
    return len(user.recovery_codes)


def _take(user: User, digest: str) -> bool:
    """Remove a hash by compare-and-set: of many who use one code at once, one gets True."""
    while digest in (seen := _stored(user)):
        user.recovery_codes = [each for each in seen if each != digest]
        unchanged = User.objects.filter(pk=user.pk, recovery_codes=seen)
        if unchanged.update(recovery_codes=user.recovery_codes):
            return True
    return False


def _stored(user: User) -> list[str]:
    found = User.objects.filter(pk=user.pk).values_list("recovery_codes", flat=True).first()
    return found or []


def _random() -> str:
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(text[start : start + 4] for start in range(0, LENGTH, 4))


@sensitive_variables("typed")
def _hash(typed: str, salt: str) -> str:
    plain = unicodedata.normalize("NFKC", typed).casefold()
    letters = "".join(each for each in plain if each in ALPHABET)
    return hashlib.scrypt(
        letters.encode(), salt=bytes.fromhex(salt), n=SCRYPT_N, r=8, p=1, dklen=32
    ).hex()
