"""A real web process to measure, what it says, and what it takes."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

PORT = 8741
ADDRESS = f"http://127.0.0.1:{PORT}"
_PAGE = {"Accept": "text/html"}


class Reply(NamedTuple):
    """Status 0: nobody answers yet."""

    status: int
    seconds: float
    retry_after: str
    body: str


UNLIMITED = dict.fromkeys(("QUESTIONS_PER_MINUTE", "QUESTIONS_PER_HOUR"), "10000")
"""One address asks for many."""


@contextmanager
def web_process(**settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """On a free database of `throwaway_database`; answering is to be waited for."""
    arguments = ["-m", "uvicorn", "kbsite.asgi:application", "--port", str(PORT), "--no-access-log"]
    environment = {**os.environ, "ALLOWED_HOSTS": "127.0.0.1", **UNLIMITED, **settings}
    with subprocess.Popen(
        [sys.executable, *arguments], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def get(path: str, *, timeout: float = 120) -> Reply:
    request = urllib.request.Request(ADDRESS + path, headers=_PAGE)
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            status, headers, body = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        status, headers, body = error.code, error.headers, error.read()
    except OSError:
        return Reply(0, time.perf_counter() - started, "", "")
    took = time.perf_counter() - started
    return Reply(status, took, headers.get("Retry-After", ""), body.decode())
