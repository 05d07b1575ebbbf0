"""Errors of the API as problem details (RFC 9457), and which errors these are.

What happens inside the API's views is `kbsite/api/problems`; here is the document itself, and
what Django answers when no view did: in JSON under /api/, as a page elsewhere.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

MEDIA_TYPE: Final = "application/problem+json"
API_PREFIX: Final = "/api/"


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> JsonResponse:
    """The error as a document; `members` are what this kind of problem has to say besides."""
    phrase = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
    return JsonResponse(document | members, status=status, headers=headers, content_type=MEDIA_TYPE)


def is_for_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIX)


def refusal(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """The error in words alone: a problem for a program, plain text for a person."""
    if is_for_api(request):
        return problem(status, detail)
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_for_api(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return problem(413, "The request is larger than this site reads.")
    return problem(400, "The request cannot be read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_for_api(request):
        return defaults.permission_denied(request, exception)
    return problem(403, "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_for_api(request):
        return defaults.page_not_found(request, exception)
    return problem(404, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    if not is_for_api(request):
        return defaults.server_error(request)
    return problem(500, "Something went wrong here. It was logged; nothing is known to be saved.")
