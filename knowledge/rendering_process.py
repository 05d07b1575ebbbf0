"""The process for what an author's text can make slow, so that it can be killed.

It renders articles and their previews and merges texts: no Django, no database, no keys.

Reads frames from standard input and answers each on standard output: four bytes of length, big
end first, then JSON. Ends when its input ends, that is, with its parent. `rendering` starts it.
"""

import contextlib
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO, Final

LENGTH_BYTES = 4


def write_frame(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Send one message and flush."""
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message, or None when the other side is gone."""
    head = stream.read(LENGTH_BYTES)
    body = stream.read(int.from_bytes(head, "big"))
    if len(head) < LENGTH_BYTES or len(body) < int.from_bytes(head, "big"):
        return None
    message: dict[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
    return message


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _WORK[request.pop("work")](**request)
    except Exception as error:  # whatever one article does, the next one is rendered
        return {"error": type(error).__name__}


def _article(**request: Any) -> dict[str, Any]:
    from knowledge.article_html import article_html

    html, headings, references = article_html(**request)
    return {
        "html": html,
        "headings": [asdict(heading) for heading in headings],
        "references": [asdict(reference) for reference in references],
    }


def _preview(*, max_chars: int, **request: Any) -> dict[str, Any]:
    from knowledge.authoring.outline import outline

    found = outline(request["source"], title=request["title"], max_chars=max_chars)
    return _article(**request) | {"outline": asdict(found)}


def _merge(*, base: str, mine: str, theirs: str) -> dict[str, Any]:
    from knowledge.authoring.merging import merge

    return {"text": merge(base, mine, theirs)}


_WORK: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "article": _article,
    "preview": _preview,
    "merge": _merge,
}


def main() -> None:
    """Serve until the input ends. Signals to the whole group are for the parent.

    It closes the input when it ends; a child that ended by itself would tell on its article.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    with contextlib.suppress(BrokenPipeError):
        while (request := read_frame(requests)) is not None:
            write_frame(answers, _answer(request))


if __name__ == "__main__":
    main()
