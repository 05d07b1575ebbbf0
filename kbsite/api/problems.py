"""What goes wrong inside the API's views, as problem details. The document is `kbsite/problems`.

An exception may carry `members`, which its document has besides, and `headers`; a DRF `wait` is
said as Retry-After.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, ValidationError

from kbsite import problems
from kbsite.problems import problem

CHALLENGE: Final = 'Bearer realm="api"'
"""What a 401 names as the way in; without it, REST framework would answer 403."""
OF_THE_WHOLE: Final = "non_field_errors"
FIELDS: Final = "Some of what was sent cannot be used; nothing was saved. See `errors`."


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
    headers = dict(getattr(error, "headers", {}))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    return headers
