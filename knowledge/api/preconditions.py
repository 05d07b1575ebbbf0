"""Which version of an article a write is meant for: an article's `version`, also as its ETag."""

import re
from typing import Final

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from knowledge.api.problems import VersionMissing
from knowledge.models import Article

ETAG: Final = re.compile(r'"(\d{1,18})"')
MALFORMED: Final = 'If-Match names one version, as the ETag does: "7".'
DISAGREE: Final = "If-Match and `version` name different versions."


def etag(article: Article) -> dict[str, str]:
    """The header of a response that shows the article, or has just written it."""
    return {"ETag": f'"{article.version}"'}


def seen_version(request: Request, in_body: int | None = None) -> int:
    """The version that the client saw. Raises `VersionMissing`, or `ParseError`."""
    in_header = _from_header(request.headers.get("If-Match", ""))
    if in_header is not None and in_body is not None and in_header != in_body:
        raise ParseError(DISAGREE)
    seen = in_header if in_header is not None else in_body
    if seen is None:
        raise VersionMissing
    return seen


def _from_header(value: str) -> int | None:
    if not value:
        return None
    if not (named := ETAG.fullmatch(value.strip())):
        raise ParseError(MALFORMED)
    return int(named[1])
