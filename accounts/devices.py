"""The cookie by which a browser is known to have signed in to an account before.

It opens nothing. Its tries are counted apart, so that somebody who fails on purpose does not lock
the owner out (R2), and no mail about a new device is sent for it. OWASP calls it a device cookie.
"""

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

COOKIE: Final = "__Host-device" if settings.HTTPS else "device"
LASTS: Final = timedelta(days=365)
MOST: Final = 5
"""Accounts that one browser is known to; the one signed in to longest ago makes room."""


def device_of(request: HttpRequest, user: User | None) -> str:
    """The browser's key for this account; empty where it has never signed in to it."""
    return _known(request).get(str(user.pk), "") if user else ""


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the browser be known to the account from now on."""
    known = _known(request)
    key = known.pop(str(user.pk), "") or secrets.token_urlsafe(16)
    kept = dict([*known.items(), (str(user.pk), key)][-MOST:])
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=__name__),
        max_age=int(LASTS.total_seconds()),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> dict[str, str]:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=__name__, max_age=LASTS)
    except signing.BadSignature:
        return {}
    return dict(known)
