"""What the OpenAPI schema says about an operation, besides what its docstring says."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers

from kbsite.problems import MEDIA_TYPE

View = TypeVar("View", bound=Callable[..., Any])


class ProblemSchema(serializers.Serializer[object]):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, and what to do.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Every broken rule, by the field it is about.",
    )


WORDS: Final = {
    HTTPStatus.PERMANENT_REDIRECT: "The article was renamed; Location is its address now.",
    HTTPStatus.BAD_REQUEST: "What was sent cannot be used.",
    HTTPStatus.UNAUTHORIZED: "Visitors may not do this, or the token is not valid any more.",
    HTTPStatus.FORBIDDEN: "You may not do this, or the CSRF token is missing.",
    HTTPStatus.NOT_FOUND: "There is none, or you may not read it.",
    HTTPStatus.CONFLICT: "Somebody else was first; nothing was changed.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than this site reads.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of another type than those listed.",
    HTTPStatus.PRECONDITION_REQUIRED: "No version was given.",
    HTTPStatus.TOO_MANY_REQUESTS: "Tried too often: Retry-After says in how many seconds to go on.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now: Retry-After says in how many seconds to ask again.",
}
SIGNED_IN: Final[Any] = [{"bearerAuth": []}, {"cookieAuth": []}]
ANYBODY: Final[Any] = [*SIGNED_IN, {}]
NOBODY: Final[Any] = [{}]
OF_A_HEADER: Final = (401, 403)
"""Whoever sends a token is refused where it is not valid, or not for that."""
OF_A_WRITE: Final = (400, 401, 403)
OF_A_BODY: Final = (400, 413, 415)


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    returns: Mapping[Any, Any],
    body: Any = None,
    parameters: Sequence[Any] = (),
    refusals: Sequence[int] = (),
    conflict: type[ProblemSchema] = ProblemSchema,
    examples: Sequence[OpenApiExample] = (),
    scope: str | None = None,
    words: Mapping[int, str] = MappingProxyType({}),
    auth: Any = None,
) -> Callable[[View], View]:
    """The operation's name, what it takes and returns, and which problems it answers with.

    `scope` is what a personal token needs to do it, or ANY_TOKEN; without one no token does it.
    `words` say what a problem means here, where that is not what it means elsewhere.
    """
    auth = auth or (SIGNED_IN if HTTPStatus.UNAUTHORIZED in refusals else ANYBODY)
    refused = {
        (code, MEDIA_TYPE): OpenApiResponse(
            conflict if code == HTTPStatus.CONFLICT else ProblemSchema,
            description=words.get(code) or WORDS[HTTPStatus(code)],
        )
        for code in {*refusals, *(OF_A_HEADER if auth in (SIGNED_IN, ANYBODY) else ())}
    }
    described = extend_schema(
        operation_id=name,
        summary=summary,
        tags=[tag],
        request=body,
        responses={**returns, **refused},
        parameters=list(parameters),
        examples=list(examples),
        auth=auth,
        extensions={"x-token-scope": scope} if scope else None,
    )

    def decorate(view: View) -> View:
        view.token_scope = scope  # type: ignore[attr-defined]
        return described(view)

    return decorate
