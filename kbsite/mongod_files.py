"""The embedded server's files under `<var>/mongod`, and the locks that its users share.

What the files mean is here; the server process is in `kbsite/mongod.py`.
"""

import base64
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

if sys.platform != "win32":  # where the embedded server does not run, but MONGODB_URI works
    import fcntl

USER = "kb"
REPLICA_SET = "kb"
MAX_LOG_BYTES = 10 * 1024 * 1024
# Below the range that systems hand out to outgoing connections (Linux from 32768, others from
# 49152), so that a kept port is seldom found taken.
PORTS = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where the embedded server keeps what; `root` is `<var>/mongod`."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def keyfile(self) -> Path:
        return self.root / "keyfile"

    @property
    def password(self) -> Path:
        return self.root / "password"

    @property
    def port(self) -> Path:
        return self.root / "port"

    @property
    def log(self) -> Path:
        return self.root / "mongod.log"

    @property
    def console(self) -> Path:
        """What mongod or the system's loader printed before the log was open."""
        return self.root / "console.log"

    def prepare(self) -> None:
        """Create what a first start needs; the password is on disk before the user exists.

        Call it while `starting`.
        """
        self.data.mkdir(mode=0o700, exist_ok=True)
        # 756 bytes is the most that base64 fits into mongod's limit of 1,024 characters
        _write_once(self.keyfile, base64.b64encode(secrets.token_bytes(756)).decode())
        _write_once(self.password, secrets.token_urlsafe(32))
        _write_once(self.port, str(free_port()))

    def uri(self, *, direct: bool = False) -> str | None:
        """The server's connection string, or None before its first start."""
        if not (self.password.exists() and self.port.exists()):
            return None
        where = f"{USER}:{self.password.read_text()}@127.0.0.1:{self.port.read_text()}"
        how = "directConnection=true" if direct else f"replicaSet={REPLICA_SET}"
        return f"mongodb://{where}/?authSource=admin&{how}"

    def known_uri(self, *, direct: bool = False) -> str:
        """`uri` of a server that has been prepared."""
        found = self.uri(direct=direct)
        if found is None:
            raise LookupError(f"no embedded server has been started under {self.root}")
        return found

    def keep_port(self, port: int) -> None:
        _write(self.port, str(port))

    def rotate_log(self) -> bool:
        """Set a log over 10 MB aside, as one older copy; True if mongod must open a new one."""
        if not self.log.exists() or self.log.stat().st_size < MAX_LOG_BYTES:
            return False
        self.log.replace(self.log.with_suffix(".log.1"))
        return True

    def is_open(self) -> bool:
        """Whether a server has the data open: it locks a file in it until it has ended."""
        if not self._lock.exists():
            return False
        with self._lock.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def server_pid(self) -> int | None:
        """The process that has the data open; None also for a moment before it has said so."""
        return int(self._lock.read_text() or 0) or None if self.is_open() else None

    @property
    def _lock(self) -> Path:
        return self.data / "mongod.lock"

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Only one process at a time starts or stops the server; others wait their turn."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.root / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def join(self) -> IO[str]:
        """Count as a user of the server until `leave`, or until this process is gone."""
        users = (self.root / "users.lock").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
        return users

    def leave(self, users: IO[str]) -> bool:
        """Stop counting as a user; True when nobody else is one. Call it while `starting`."""
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            return True
        finally:
            # closing alone would leave the lock with a forked child that inherited the file
            fcntl.flock(users, fcntl.LOCK_UN)
            users.close()


def free_port() -> int:
    """A port of `PORTS` on loopback that nothing listens on."""
    while True:
        port = secrets.choice(PORTS)
        if not is_taken(port):
            return port


def is_taken(port: int) -> bool:
    """Whether a program already listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        _write(path, text)


def _write(path: Path, text: str) -> None:
    """Write a file that only this user may read; a crash leaves the old one or the new one."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
