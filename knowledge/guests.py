"""The cookie by which a guest's browser is known again: what it asked, only it can stop.

The key is random, lasts until the browser is closed, and is set when a guest asks. It is signed,
so that only keys made here are stored; nothing is kept on the server for a guest who asks nothing.
Who is signed in needs none.
"""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "__Host-guest" if settings.HTTPS else "guest"


def guest_of(request: HttpRequest) -> str:
    """The key of the guest's browser; empty where it has none, or not one of ours."""
    return request.get_signed_cookie(COOKIE, default="", salt=__name__) or ""


def new_guest() -> str:
    return secrets.token_urlsafe(16)


def remember_guest(response: HttpResponse, guest: str) -> None:
    """Let the browser send the key from now on."""
    response.set_signed_cookie(
        COOKIE, guest, salt=__name__, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
