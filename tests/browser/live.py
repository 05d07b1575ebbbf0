"""A running site for browser tests: a real uvicorn and a real worker on the tests' database."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
STOP_SECONDS = 15


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for another process. Fails when it takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


@contextmanager
def running(*arguments: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program of the project with its output in a file, ended afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            _end(process)


@contextmanager
def web_server(*, env: dict[str, str], log: Path) -> Iterator[str]:
    """uvicorn with the site; gives its URL once it answers."""
    port = str(_free_port())
    arguments = ("-m", "uvicorn", "kbsite.asgi:application", "--port", port, "--no-access-log")
    url = f"http://127.0.0.1:{port}"
    with running(*arguments, env=env, log=log) as process:
        wait_until(
            lambda: process.poll() is not None or _answers(f"{url}/healthz"),
            seconds=START_SECONDS,
            what=f"the web server to answer (see {log})",
        )
        assert process.poll() is None, log.read_text()
        yield url


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True  # it answers, and says that something is not well
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
