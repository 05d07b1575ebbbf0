"""Short secrets that are stored encrypted: with a key derived from SECRET_KEY.

What was encrypted with a key of SECRET_KEY_FALLBACKS can still be read, and `manage.py
rotate_secrets` encrypts it anew. What is only ever compared is hashed instead, not encrypted.
"""

import base64
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

INFO: Final = b"accounts.encryption"


class Undecryptable(Exception):
    """No key of this site opens it: SECRET_KEY was changed without keeping the old one."""


@sensitive_variables()
def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


@sensitive_variables()
def decrypt(stored: str) -> str:
    """The text again; raises `Undecryptable`."""
    try:
        return _keys().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable from error


@sensitive_variables()
def encrypt_anew(stored: str) -> str:
    """The same text under the current key; raises `Undecryptable`."""
    try:
        return _keys().rotate(stored.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable from error


def _keys() -> MultiFernet:
    return _derived(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
@sensitive_variables()
def _derived(*secrets: str) -> MultiFernet:
    """A key for each secret; the first one encrypts, all decrypt."""
    raw = [HKDF(SHA256(), 32, salt=None, info=INFO).derive(each.encode()) for each in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in raw])
