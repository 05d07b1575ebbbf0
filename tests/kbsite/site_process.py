"""A supervisor in a process of its own, as `make run` starts one, and how tests watch it."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from kbsite.environment import BASE_DIR
from kbsite.mongod_files import ServerFiles, free_port

PATIENCE = 90
READY = r"site +\| http://127\.0\.0\.1:\d+/ is ready"


class Site:
    """A supervisor with its output, line by line, up to a line that matches `hang_up_at`."""

    def __init__(self, var: Path, *, hang_up_at: str = "(?!)", **variables: str) -> None:
        self.port = int(variables.setdefault("PORT", str(free_port())))
        self.files = ServerFiles(var / "mongod")
        self.lines: list[str] = []
        self._new: Queue[str] = Queue()
        environment = {**os.environ, "KB_VAR_DIR": str(var), "MONGODB_URI": "", **variables}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kbsite.supervisor"],
            cwd=BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        Thread(target=self._read, args=[hang_up_at], daemon=True).start()

    def _read(self, hang_up_at: str) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line)
                self._new.put(line)
                if re.search(hang_up_at, line):
                    return

    def wait_for(self, pattern: str) -> str:
        """The next line that matches, or a failure that shows what was said."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                line = self._new.get(timeout=1)
            except Empty:
                if self.process.poll() is not None:
                    break
                continue
            if re.search(pattern, line):
                return line
        pytest.fail(f"no line like {pattern!r} in:\n{''.join(self.lines)}")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                return True
        except OSError:
            return False

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE)

    def children(self) -> dict[str, int]:
        """The process of each name: web, worker, and the embedded mongod."""
        found = {}
        for pid, parent, command in processes():
            if parent == self.process.pid and "<defunct>" not in command:
                name = re.search(r"uvicorn|first_start|worker|mongod", command)
                found[name[0] if name else command] = pid
        return found


def processes() -> Iterator[tuple[int, int, str]]:
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    for line in listing.stdout.splitlines():
        pid, parent, command = line.split(maxsplit=2)
        yield int(pid), int(parent), command


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)


def gone(pids: dict[str, int]) -> bool:
    """Whether none of them is there any more (a zombie that init has yet to reap is not)."""
    return not set(pids.values()) & {
        p for p, _, command in processes() if "<defunct>" not in command
    }


def running(var: Path) -> Iterator[Site]:
    site = Site(var)
    site.wait_for(READY)
    until(lambda: "worker" in site.children())
    yield site
    if site.process.poll() is None:
        site.end(signal.SIGTERM)
    site.process.wait()
