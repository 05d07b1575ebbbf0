"""What goes wrong inside the API's views, as problem details. The document is `kbsite/problems`."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, ValidationError

from kbsite import problems
from kbsite.problems import problem
from knowledge.models import Article

OF_THE_WHOLE: Final = "non_field_errors"
FIELDS: Final = "Some of what was sent cannot be used; nothing was saved. See `errors`."


class VersionMissing(APIException):
    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = (
        "Say which version you saw, as If-Match or as `version`, so that nobody else's work is "
        "overwritten."
    )


class VersionConflict(APIException):
    """Somebody else saved the article since: what it is now."""

    status_code = HTTPStatus.CONFLICT
    default_detail = (
        "Somebody saved this article since you read it; nothing of yours was saved. Read it "
        "again, apply your changes to what it says now, and send that with its version."
    )

    def __init__(self, article: Article) -> None:
        super().__init__()
        self.members = {"version": article.version, "revision": article.revision}


class WrongState(APIException):
    """What is asked for cannot be done to the thing as it is now."""

    status_code = HTTPStatus.CONFLICT


class Moved(APIException):
    """The article was renamed; `address` is that of the same request now."""

    status_code = HTTPStatus.PERMANENT_REDIRECT
    default_detail = "This article has another address by now."

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


def respond(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The response to an exception of a view; None where it is a fault of the site."""
    request = context["request"]
    if isinstance(error, Http404):
        return problems.not_found(request, error)
    if isinstance(error, PermissionDenied):
        return problems.forbidden(request, error)
    if isinstance(error, SuspiciousOperation):  # too large, too many files
        return problems.bad_request(request, error)
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, APIException):
        members = getattr(error, "members", {})
        return problem(error.status_code, str(error.detail), headers=_headers(error), **members)
    return None


def _invalid(error: ValidationError) -> HttpResponse:
    """Every broken rule by the field it is about; what is about none is the detail itself."""
    errors: dict[str, list[str]] = {}
    for field, sentence in _broken(error.detail):
        errors.setdefault(field, []).append(sentence)
    whole = errors.pop(OF_THE_WHOLE, [])
    if not errors:
        return problem(error.status_code, " ".join(whole))
    return problem(error.status_code, " ".join(whole) or FIELDS, errors=errors)


def _broken(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(field, sentence) of each; a field inside another is `outer.inner`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _broken(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _broken(inner, path)
    else:
        yield path or OF_THE_WHOLE, str(detail)


def _headers(error: APIException) -> dict[str, str]:
    headers = {}
    if isinstance(error, Moved):
        headers["Location"] = error.address
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    return headers
