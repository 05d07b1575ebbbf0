"""The second factor: an app that shows another code every 30 seconds (TOTP, RFC 6238).

A secret is shown first and waits (`mfa_pending`); it counts from the first correct code on, which
the session gives that it was shown to: a stolen session must not see what its owner turns on. Who
may turn it on or off is asked by the caller (`confirming_identity.py`); checking a code that
somebody gives to get in is `second_factor.py`.
"""

import hmac
import logging
import re
import time
import unicodedata
from datetime import timedelta
from typing import Final

import pyotp
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import audit, notices, recovery_codes, sessions
from accounts.encryption import Undecryptable, decrypt, encrypt, encrypt_anew
from accounts.models import User
from accounts.notices import Notice
from accounts.recovery_codes import RecoveryCodes
from accounts.throttling import DAY, HOUR, MINUTE, Rule, count, forget

CODES: Final = Rule("codes", ((5, 5 * MINUTE), (20, HOUR), (50, DAY)))
"""Codes of either kind that are tried for one account; a right one does not begin anew (R3)."""
PENDING_LASTS: Final = timedelta(minutes=15)
STEP: Final = 30  # seconds
OFF: Final[dict[str, object]] = {
    "mfa_secret": "",
    "mfa_pending": "",
    "mfa_pending_at": None,
    "mfa_pending_session": "",
    "mfa_enabled_at": None,
    **recovery_codes.NONE,
}

logger = logging.getLogger(__name__)


class WrongCode(Exception):
    """Not the code of now, or one that was used already."""

    def __init__(self) -> None:
        super().__init__("This code is not right, or was used already. Wait for the next one.")


class SecretGone(WrongCode):
    """What the app has was shown too long ago, or another session was shown one since."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "The key that your app has is not the one to set up any more. "
            "Delete it there, scan the new QR code, and type the code that you see then.",
        )


@sensitive_variables()
def secret_to_show(user: User, *, request: HttpRequest) -> str:
    """The secret that waits to be turned on in this session: the one shown before, or a new one."""
    return _pending(user, request) or begin(user, request=request)


@sensitive_variables()
def begin(user: User, *, request: HttpRequest) -> str:
    """Make a new secret, in base32, which waits to be turned on by its first code."""
    secret = pyotp.random_base32()
    user.mfa_pending, user.mfa_pending_at = encrypt(secret), timezone.now()
    user.mfa_pending_session = str(sessions.session_id_of(request))
    User.objects.filter(pk=user.pk).update(
        mfa_pending=user.mfa_pending,
        mfa_pending_at=user.mfa_pending_at,
        mfa_pending_session=user.mfa_pending_session,
    )
    return secret


@sensitive_variables("secret")
def address(user: User, secret: str) -> str:
    """The `otpauth:` address that an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(
        name=user.email or user.username, issuer_name=settings.KB_SITE_NAME
    )


@sensitive_variables()
def turn_on(user: User, typed: str, *, request: HttpRequest) -> RecoveryCodes:
    """Let the pending secret count, and end the person's other sessions.

    Raises `WrongCode` (also where another one was turned on meanwhile), `SecretGone` or `TooMany`.
    """
    if not (secret := _pending(user, request)):
        raise SecretGone
    count(CODES, user.pk)
    step = _matching_step(secret, typed)
    codes = recovery_codes.make()
    waiting = User.objects.filter(pk=user.pk, mfa_pending=user.mfa_pending, mfa_secret="")
    if step is None or not waiting.update(**_on(user.mfa_pending, step, codes)):
        audit.record("mfa.enable", by=user, on=user, request=request, outcome=audit.REFUSED)
        raise WrongCode
    user.refresh_from_db()
    sessions.revoke_all(user, why="second step on", keep=sessions.session_id_of(request))
    audit.record("mfa.enable", by=user, on=user, request=request)
    notices.tell(user, Notice.MFA_ON, request=request)
    return codes


def turn_off(user: User, *, request: HttpRequest) -> None:
    """Ask for the password only from now on; the caller has confirmed who wants that."""
    _remove(user)
    audit.record("mfa.disable", by=user, on=user, request=request)
    notices.tell(user, Notice.MFA_OFF, request=request)


def reset(user: User, *, by: User | None, reason: str, request: HttpRequest | None) -> None:
    """Take away what somebody has lost: an administrator, or a command on the server, does."""
    _remove(user)
    forget(CODES, user.pk)  # they may have to set another one up at once
    sessions.revoke_all(user, why="second step reset")
    audit.record("mfa.reset", by=by, on=user, request=request, reason=reason)
    notices.tell(user, Notice.MFA_OFF, request=None, by="an administrator")


@sensitive_variables()
def spend(user: User, typed: str) -> bool:
    """Use up the code of a step, and of all before it; of many at once, one gets True."""
    secret = _opened(user.mfa_secret)
    step = _matching_step(secret, typed) if secret else None
    if step is None:
        return False
    unused = User.objects.filter(pk=user.pk, mfa_secret=user.mfa_secret, mfa_last_step__lt=step)
    return bool(unused.update(mfa_last_step=step))


def encrypt_all_anew() -> tuple[int, list[str]]:
    """Encrypt every secret with the current key; how many, and the names of whose none opens."""
    done, lost = 0, list[str]()
    for user in User.objects.exclude(mfa_secret="").only("username", "mfa_secret"):
        try:
            anew = encrypt_anew(user.mfa_secret)
        except Undecryptable:
            lost.append(user.username)
        else:
            # whoever changed theirs meanwhile did so with the current key
            unchanged = User.objects.filter(pk=user.pk, mfa_secret=user.mfa_secret)
            done += unchanged.update(mfa_secret=anew)
    return done, lost


def digits(typed: str) -> str:
    """What was typed without the spaces that apps show; empty if it is not six digits."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed))
    return plain if re.fullmatch("[0-9]{6}", plain) else ""


@sensitive_variables()
def _matching_step(secret: str, typed: str) -> int | None:
    """The step whose code this is: now's, or the one before or after it, for clocks that differ."""
    code, now = digits(typed), int(time.time()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    steps = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    return steps[0] if steps else None


@sensitive_variables()
def _pending(user: User, request: HttpRequest) -> str:
    """What was shown to this session, unless that was long ago; else empty."""
    fresh = user.mfa_pending_at and user.mfa_pending_at > timezone.now() - PENDING_LASTS
    here = user.mfa_pending_session == str(sessions.session_id_of(request))
    return _opened(user.mfa_pending) if fresh and here else ""


def _on(secret: str, step: int, codes: RecoveryCodes) -> dict[str, object]:
    return {
        **OFF,
        "mfa_secret": secret,
        "mfa_enabled_at": timezone.now(),
        "mfa_last_step": step,
        **codes.fields,
    }


def _remove(user: User) -> None:
    User.objects.filter(pk=user.pk).update(**OFF)
    user.refresh_from_db()


@sensitive_variables()
def _opened(stored: str) -> str:
    """The secret; empty if there is none, or no key of this site opens it."""
    try:
        return decrypt(stored) if stored else ""
    except Undecryptable:
        logger.error("a second factor cannot be decrypted: is SECRET_KEY_FALLBACKS complete?")
        return ""
