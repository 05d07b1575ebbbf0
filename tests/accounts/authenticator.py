"""An app that shows codes, for tests: a user with a second factor, and the code of a step."""

import time

import pyotp
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts import recovery_codes
from accounts.encryption import encrypt
from accounts.models import User
from accounts.recovery_codes import RecoveryCodes

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """The code of now, or of so many steps later."""
    return pyotp.TOTP(secret).at(int(time.time()), counter_offset=steps)


def give_second_factor(user: User) -> RecoveryCodes:
    """Turn it on, without the pages."""
    codes = recovery_codes.make()
    User.objects.filter(pk=user.pk).update(
        mfa_secret=encrypt(SECRET), mfa_enabled_at=timezone.now(), **codes.fields
    )
    user.refresh_from_db()
    return codes


def visit() -> HttpRequest:
    """A request from somewhere, for verbs that note where it came from."""
    return RequestFactory().get("/")
