"""How passwords are hashed: Django's bcrypt (SHA-256 first, cost 12), no more at once than cores.

A hash keeps a core busy for a third of a second. However many people sign in or change their
password at the same moment, other requests compete with a few hashes and not with all of them.
"""

import os
from threading import BoundedSemaphore

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

_at_once = BoundedSemaphore(os.cpu_count() or 1)


class QueuedBCryptHasher(BCryptSHA256PasswordHasher):
    """The same hashes under the same name, one for each core at a time."""

    def encode(self, password: str, salt: bytes) -> str:  # type: ignore[override]
        # verify() and harden_runtime() come here too
        with _at_once:
            return super().encode(password, salt)  # type: ignore[arg-type]
