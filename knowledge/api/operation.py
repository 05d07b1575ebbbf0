"""What the OpenAPI schema says about an operation, besides what its docstring says."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from kbsite.problems import MEDIA_TYPE

View = TypeVar("View", bound=Callable[..., Any])

IF_MATCH: Final = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The ETag that you saw, as in `"7"`.'
)
ETAG: Final = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description="The article's version, to be sent as If-Match.",
)


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


class ConflictSchema(ProblemSchema):
    """Somebody saved the article since."""

    version = serializers.IntegerField(help_text="The article's version now.")
    revision = serializers.IntegerField(help_text="The article's revision now.")


WORDS: Final = {
    HTTPStatus.PERMANENT_REDIRECT: "The article was renamed; Location is its address now.",
    HTTPStatus.BAD_REQUEST: "What was sent cannot be used.",
    HTTPStatus.UNAUTHORIZED: "Visitors may not do this.",
    HTTPStatus.FORBIDDEN: "You may not do this, or the CSRF token is missing.",
    HTTPStatus.NOT_FOUND: "There is none, or you may not read it.",
    HTTPStatus.CONFLICT: "Somebody else was first; nothing was changed.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than this site reads.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of another type than those listed.",
    HTTPStatus.PRECONDITION_REQUIRED: "No version was given.",
}
PARTS: Final = {
    "workspace": "The workspace's slug: the last part of its page's address.",
    "slug": "The article's slug: the last part of its page's address.",
    "number": "The revision's number.",
    "job": "The import's id.",
}
SIGNED_IN: Final[Any] = [{"cookieAuth": []}]
OF_A_WRITE: Final = (400, 401, 403)
OF_A_BODY: Final = (400, 413, 415)
OF_A_VERSION: Final = (400, 409, 428)


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    returns: Mapping[Any, Any],
    body: Any = None,
    parameters: Sequence[Any] = (),
    refusals: Sequence[int] = (),
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[View], View]:
    """The operation's name, what it takes and returns, and which problems it answers with."""
    refused = {(code, MEDIA_TYPE): _refusal(code, refusals) for code in {404, *refusals}}
    return extend_schema(
        operation_id=name,
        summary=summary,
        tags=[tag],
        request=body,
        responses={**returns, **refused},
        parameters=list(parameters),
        examples=list(examples),
        auth=SIGNED_IN if HTTPStatus.UNAUTHORIZED in refusals else None,
    )


def describe(result: Any, **_: Any) -> Any:
    """A hook of drf-spectacular: say what each part of an address is."""
    for path in result["paths"].values():
        for method in path.values():
            for parameter in method.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["description"] = PARTS[parameter["name"]]
    return result


def _refusal(code: int, refusals: Sequence[int]) -> OpenApiResponse:
    versioned = HTTPStatus.PRECONDITION_REQUIRED in refusals
    schema = ConflictSchema if code == HTTPStatus.CONFLICT and versioned else ProblemSchema
    return OpenApiResponse(schema, description=WORDS[HTTPStatus(code)])
