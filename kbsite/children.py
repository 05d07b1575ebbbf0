"""One process that the supervisor runs: its lines get its name in front, and it ends with us.

Which processes there are, and what happens when one ends, is in `kbsite/supervisor.py`.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from kbsite.environment import BASE_DIR

MAX_LINE_BYTES = 1024 * 1024
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def say(name: str, text: str) -> None:
    """Print one line under the name of who says it."""
    # nobody may listen any more: a closed terminal must not keep the site from stopping
    with suppress(OSError):
        os.write(sys.stdout.fileno(), f"{name:<7}| {text}\n".encode())


class Child:
    """A Python program of ours in a session of its own, so that Ctrl-C reaches only us."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self.arguments: Sequence[str] = arguments
        self.last_line = ""
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> int:
        """Start it, pass its lines on, and return its exit code (negative: the signal)."""
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=BASE_DIR,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            limit=MAX_LINE_BYTES,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        forwarding = asyncio.create_task(self._forward(process))
        code = await process.wait()
        # not for ever: a process that it left behind may hold the pipe open
        await asyncio.wait([forwarding], timeout=1)
        return code

    async def stop(self, *, grace: float) -> None:
        """Ask it to end, and after `grace` seconds make it; nothing that it started stays."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """End it at once, with all that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _forward(self, process: asyncio.subprocess.Process) -> None:
        lines = process.stdout
        while lines is not None and not lines.at_eof():
            with suppress(ValueError):  # a line over the limit is left out
                line = (await lines.readline()).decode(errors="replace").rstrip()
                if line:
                    self.last_line = line
                    say(self.name, line)


def _end_with_parent() -> None:
    """On Linux, end this process when the supervisor is killed, so that no port stays taken."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
