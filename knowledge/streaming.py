"""A response that is sent piece by piece, while it is made."""

from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Encoding": "identity",  # or GZipMiddleware would hold the pieces back
    "X-Accel-Buffering": "no",  # nginx would, too
}


def streamed(pieces: AsyncIterator[str], *, content_type: str) -> StreamingHttpResponse:
    """A response that nothing on its way should buffer; closing it closes `pieces`."""
    return StreamingHttpResponse(pieces, content_type=content_type, headers=HEADERS)
