"""What the log is not told: secrets in addresses, and what an error quotes."""

import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Django logs the path of a request that it refuses, and a mailed link's path is its secret
_TOKEN = re.compile(r"(/invitations/|/reset/link/|/email/link/)[^/\s?&#\"']+")


def configuration(*, debug: bool, level: str) -> dict[str, Any]:
    """What Django's LOGGING is; `level` is that of the site's own loggers."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                # a developer, who runs with DEBUG, sees what errors say
                "()": "logging.Formatter" if debug else "kbsite.logs.WithoutMessages",
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            }
        },
        "filters": {"no_tokens": {"()": "kbsite.logs.WithoutTokens"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["no_tokens"],
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in ("kbsite", "accounts", "knowledge")},
            # which has a way of its own to write errors
            "uvicorn": {"handlers": [], "propagate": True, "level": "WARNING"},
            # no access log, which would hold what people ask: what is not named is turned on
            "uvicorn.access": {"handlers": [], "propagate": False},
        },
    }


class WithoutTokens(logging.Filter):
    """Writes a word in the place of the secret in an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TOKEN.sub(r"\1[token]", record.getMessage()), ()
        return True


class WithoutMessages(logging.Formatter):
    """Writes what kind an error is and where it was raised: its message can quote anything."""

    def format(self, record: logging.LogRecord) -> str:
        # Python keeps what the first formatter made of an error, and that may be another one
        record.exc_text = None
        written = super().format(record)
        record.exc_text = None
        return written

    def formatException(self, ei: Any) -> str:  # noqa: N802 - as Python names it
        told = [_frames(error) for error in reversed([*_chain(ei[1])])]
        return "\nwhich led to\n".join(told)


def without_message(error: Exception) -> str:
    """What kind of error it is, and where it was raised: its message can quote an article."""
    code = getattr(error, "code", None)
    kind = f"{type(error).__name__}: {code}" if code else type(error).__name__
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{kind} at {Path(frame.filename).name}:{frame.lineno}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it came of, as Python would print them."""
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__
