"""What the OpenAPI schema says about an article's versions, and about the parts of addresses.

What it says about any operation is `kbsite/api/operation`.
"""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from kbsite.api.operation import ProblemSchema

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

PARTS: Final = {
    "workspace": "The workspace's slug: the last part of its page's address.",
    "slug": "The article's slug: the last part of its page's address.",
    "number": "The revision's number.",
    "job": "The import's id.",
}
OF_A_VERSION: Final = (400, 409, 428)


class ConflictSchema(ProblemSchema):
    """Somebody saved the article since."""

    version = serializers.IntegerField(help_text="The article's version now.")
    revision = serializers.IntegerField(help_text="The article's revision now.")


def describe(result: Any, **_: Any) -> Any:
    """A hook of drf-spectacular: say what each part of an address is."""
    for path in result["paths"].values():
        for method in path.values():
            for parameter in method.get("parameters", ()):
                if parameter["name"] in PARTS:
                    parameter["description"] = PARTS[parameter["name"]]
    return result
