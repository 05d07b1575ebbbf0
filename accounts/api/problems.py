"""What the accounts' verbs refuse, as problems of the API."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from django.core.exceptions import ValidationError
from rest_framework import exceptions

from accounts.confirming_identity import WrongPassword
from accounts.mfa import WrongCode
from accounts.models import PasswordConflict
from accounts.refreshing import InvalidRefresh
from accounts.signing_in import InvalidCredentials, Unconfirmed
from accounts.throttling import TooMany
from kbsite.api.problems import CHALLENGE

STATUS: Final[dict[type[Exception], HTTPStatus]] = {
    InvalidCredentials: HTTPStatus.UNAUTHORIZED,
    InvalidRefresh: HTTPStatus.UNAUTHORIZED,
    Unconfirmed: HTTPStatus.FORBIDDEN,
    WrongCode: HTTPStatus.UNAUTHORIZED,
    WrongPassword: HTTPStatus.UNAUTHORIZED,
    PasswordConflict: HTTPStatus.CONFLICT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
}
WORDS: Final[dict[type[Exception], str]] = {
    InvalidCredentials: "Invalid credentials: the name or the password is not right.",
    PasswordConflict: "Your password was changed elsewhere meanwhile, and not by this request.",
}


class Refusal(exceptions.APIException):
    """A refusal of a verb; `errors` say it by field."""

    def __init__(
        self, status: int, detail: str, *, errors: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(detail)
        self.status_code = status
        self.members = {"errors": errors} if errors else {}
        self.wait: int | None = None
        if status == HTTPStatus.UNAUTHORIZED:
            self.auth_header = CHALLENGE


def as_refusal(error: Exception) -> Exception:
    """The refusal of what a verb raised; any other exception as it is."""
    kind = type(error)
    if kind not in STATUS:
        return error
    refusal = Refusal(STATUS[kind], WORDS.get(kind, str(error)))
    refusal.wait = getattr(error, "wait", None)
    return refusal


def password_refusal(field: str, error: ValidationError) -> Exception:
    """409 for a password that was used before; else 400 with every rule that it breaks."""
    codes = {each.code for each in error.error_list}
    if "password_reused" in codes:
        return Refusal(HTTPStatus.CONFLICT, error.messages[-1], errors={field: error.messages})
    return exceptions.ValidationError({field: error.messages})
