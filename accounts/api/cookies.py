"""The refresh token's cookie, and why its routes need no CSRF token.

A request of another site cannot use the cookie: SameSite=Strict keeps the browser from sending
it. A sibling of this site (another host below the same domain) counts as the same site, though;
so whatever reads or sets the cookie refuses the `Origin` of anybody else, which browsers say with
every POST, and takes JSON only, which a form cannot send and a script of another origin only after
a preflight that this site never answers. For the same reasons nobody can sign a visitor in as
somebody else. A bearer token is sent by no browser on its own.
"""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied, UnsupportedMediaType
from rest_framework.request import Request

from accounts.models import Session

NAME: Final[str] = settings.REFRESH_COOKIE_NAME
PATH: Final = "/api/v1/auth/"
MEDIA_TYPE: Final = "application/json"
FOREIGN: Final = "This was sent by a page of another site."


def refresh_token_of(request: HttpRequest) -> str:
    return request.COOKIES.get(NAME, "")


def set_refresh_token(response: HttpResponse, session: Session, token: str) -> None:
    """For as long as the session can last, which no new token makes longer."""
    response.set_cookie(
        NAME,
        token,
        max_age=int((session.ends_at - timezone.now()).total_seconds()),
        path=PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def clear_refresh_token(response: HttpResponse) -> None:
    response.delete_cookie(NAME, path=PATH, samesite="Strict")


def check_sender(request: Request) -> None:
    """Raises `PermissionDenied` or `UnsupportedMediaType` where a foreign page may have sent it."""
    own = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin", own) not in (own, *settings.CSRF_TRUSTED_ORIGINS):
        raise PermissionDenied(FOREIGN)
    if request.content_type.partition(";")[0].strip().lower() not in ("", MEDIA_TYPE):
        raise UnsupportedMediaType(request.content_type)
