"""How the commands of this package end when something fails: with one sentence, cleaned up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.core.management.base import CommandError
from django.db import DatabaseError
from pymongo.errors import PyMongoError

from knowledge.evaluation.comparing import NotComparable
from knowledge.evaluation.records import DatasetError
from knowledge.evaluation.running import NoSuchEngine
from knowledge.providers import ProviderError
from knowledge.search.atlas_indexes import IndexesNotReady

_UNAUTHORIZED: Final = 13


@contextmanager
def as_command_errors() -> Iterator[None]:
    """Whatever ends an evaluation as one sentence; SIGTERM ends it as Ctrl-C does, cleaned up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except (DatasetError, NoSuchEngine, NotComparable, ProviderError, IndexesNotReady) as error:
        raise CommandError(str(error)) from None
    except (PyMongoError, DatabaseError) as error:
        raise CommandError(_of_mongodb(error)) from None
    except KeyboardInterrupt:
        raise CommandError("Stopped; its database was dropped.", returncode=130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def check_writable(report: Path | None) -> None:
    """Before the work, not after it. Raises `CommandError`."""
    if report and (report.is_dir() or not report.parent.is_dir()):
        raise CommandError(f"{report} cannot be written: name a file in a folder that exists.")


def _of_mongodb(error: Exception) -> str:
    """Its type and code: the driver's own words can quote documents."""
    cause = error.__cause__ if isinstance(error, DatabaseError) and error.__cause__ else error
    code = getattr(cause, "code", None)
    if code == _UNAUTHORIZED:
        return (
            "MongoDB does not let the site's user make and drop a second database, which this "
            "needs; docs/evaluating.md says which roles do."
        )
    return f"MongoDB: {type(cause).__name__}" + (f", code {code}." if code is not None else ".")
