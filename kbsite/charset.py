"""Bodies are UTF-8: one that says otherwise is refused before anything decodes it.

Python decodes some of the charsets it knows, Punycode for one, in time that grows with the square
of the length, and Django takes whichever the request names.
"""

import codecs
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

from kbsite.problems import refusal
from kbsite.refusing import refusing

TAKEN: Final = {"utf-8", "ascii"}
REFUSAL: Final = "Send this in UTF-8."


def _refuse(request: HttpRequest) -> HttpResponse | None:
    if _is_taken((request.content_params or {}).get("charset", "utf-8")):
        return None
    return refusal(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, REFUSAL)


def _is_taken(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in TAKEN
    except LookupError:
        return False


CharsetMiddleware = refusing(_refuse)
