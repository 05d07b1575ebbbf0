"""Who is held until they act: first the second step, then a password to change, then a factor.

The middleware asks for each request of a browser, the API's authentication for each token: nothing
else answers meanwhile.
"""

from enum import Enum

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import User
from accounts.passwords import password_is_too_old
from accounts.sessions import HALF


class Held(Enum):
    """Why, in the order in which it is asked: the page that ends it, and what the API says."""

    SECOND_STEP = ("accounts:second_step", "The second step of signing in is missing.")
    PASSWORD = (
        "accounts:password_change",
        "Your password has to be changed before anything else.",
    )
    NO_SECOND_FACTOR = (
        "accounts:mfa_setup",
        "This site requires a second step at sign-in: set it up before anything else.",
    )

    def __init__(self, page: str, detail: str) -> None:
        self.page = page
        self.detail = detail


def held_request(request: HttpRequest) -> Held | None:
    """Why this browser gets nothing else now; None for visitors and whoever may go on."""
    if isinstance(request.user, User):
        return held_reason(request.user)
    return Held.SECOND_STEP if HALF in request.session else None


def held_reason(user: AbstractBaseUser | AnonymousUser) -> Held | None:
    """Why somebody who has signed in gets nothing else now."""
    if not isinstance(user, User):
        return None
    if user.must_change_password or password_is_too_old(user):
        return Held.PASSWORD
    return Held.NO_SECOND_FACTOR if must_have_mfa(user) and not user.has_mfa else None


def must_have_mfa(user: User) -> bool:
    """Whether the site asks it of this person; a workspace may ask for itself besides."""
    if settings.REQUIRE_MFA == "administrators":
        return user.is_superuser
    return settings.REQUIRE_MFA == "everyone"
