"""What must hold before anything starts; each check ends in one sentence and a remedy.

Standard library and pymongo only: the checks run before Django can be imported. What only the
embedded server can say about itself is in `kbsite/mongod_failure.py`.
"""

import errno
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import (
    ConfigurationError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.uri_parser import parse_uri

# mongod preallocates its journal and stops with an abort when it cannot grow it
MIN_FREE_BYTES = 500 * 1024 * 1024
MIN_SERVER = (6, 0)
# Layout of everything under var/; raised when a newer version could not read the older one.
LAYOUT = "1"
CONNECT_TIMEOUT_MS = 5_000
# MongoDB's AuthenticationFailed and Unauthorized, and Atlas's own AtlasError
BAD_CREDENTIALS = {18, 13, 8000}


class CannotStart(Exception):
    """The product cannot start here: one `sentence` that says why, one `remedy`."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(f"{sentence}\n  {remedy}")
        self.sentence = sentence
        self.remedy = remedy


def check_port(*, host: str, port: int) -> None:
    """Raise `CannotStart` unless the web server could listen on `host`:`port`."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # as the web server does, so that a port in TIME_WAIT is not refused
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _port_problem(host, port, error) from None


def _port_problem(host: str, port: int, error: OSError) -> CannotStart:
    if error.errno == errno.EADDRINUSE:
        return CannotStart(
            f"Port {port} on {host} is in use by another program.",
            f"Choose another, for example: make run PORT={port + 1 if port < 65535 else 8000}",
        )
    if error.errno == errno.EACCES:
        return CannotStart(
            f"This user may not listen on port {port}.",
            "Set PORT to 1024 or higher and put a reverse proxy in front for 80 and 443.",
        )
    return CannotStart(
        f"HOST {host} is not an address of this machine ({error.strerror}).",
        "Set HOST to 127.0.0.1 for this machine only, or to 0.0.0.0 for every address it has.",
    )


def check_var(var_dir: Path, *, min_free: int = MIN_FREE_BYTES) -> None:
    """Raise `CannotStart` unless `var_dir` is ours, writable and has room; create it if absent."""
    _check_writable(var_dir)
    check_space(var_dir, min_free=min_free)
    _check_layout(var_dir)


def _check_writable(var_dir: Path) -> None:
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var_dir):
            pass
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _disk_full(var_dir, 0) from None
        raise CannotStart(
            f"The data folder {var_dir} cannot be written to ({error.strerror}).",
            "Make it writable for this user, or set KB_VAR_DIR to a folder that is.",
        ) from None


def check_space(folder: Path, *, min_free: int = MIN_FREE_BYTES) -> None:
    """Raise `CannotStart` when the disk that holds `folder` has under `min_free` bytes left."""
    free = shutil.disk_usage(folder).free
    if free < min_free:
        raise _disk_full(folder, free)


def _disk_full(folder: Path, free: int) -> CannotStart:
    return CannotStart(
        f"The disk that holds {folder} is full: {free // 2**20} MB are free.",
        f"Free at least {MIN_FREE_BYTES // 2**20} MB, or set KB_VAR_DIR to a folder on a larger "
        "disk (move the old folder there to keep its data).",
    )


def _check_layout(var_dir: Path) -> None:
    stamp = var_dir / "VERSION"
    if not stamp.exists() and not (var_dir / "mongod").exists():
        stamp.write_text(f"{LAYOUT}\n")
    found = stamp.read_text().strip() if stamp.exists() else "unknown"
    if found != LAYOUT:
        raise other_version(var_dir, f"its layout is {found}, this version reads {LAYOUT}")


def other_version(var_dir: Path, detail: str) -> CannotStart:
    """The error for data that another version of the product or of MongoDB wrote."""
    return CannotStart(
        f"The data under {var_dir} was written by another version ({detail}).",
        "Run the version that wrote it, save its data with `manage.py backup FILE`, move the "
        "folder away, and load the file here with `manage.py restore FILE`.",
    )


def check_server(uri: str) -> None:
    """Raise `CannotStart` unless `uri` leads to a MongoDB server that the product can use.

    It must be well formed, answer within 5 s, accept the credentials, be a replica set (or a
    sharded cluster of them) and be 6.0 or newer. No message repeats the password.
    """
    try:
        with MongoClient[dict[str, Any]](
            uri, serverSelectionTimeoutMS=CONNECT_TIMEOUT_MS
        ) as client:
            hello = client.admin.command("hello")
            # hello needs no login; this does, and any user may ask it
            client.admin.command("connectionStatus")
            _check_kind(hello, client.server_info()["version"])
    except (PyMongoError, ValueError) as error:
        raise _connection_problem(uri, error) from None


def _check_kind(hello: dict[str, Any], version: str) -> None:
    if tuple(int(part) for part in version.split(".")[:2]) < MIN_SERVER:
        raise CannotStart(
            f"The MongoDB server is version {version}; 6.0 is the oldest that works.",
            "Upgrade the server, or leave MONGODB_URI (and any mongod on PATH) out to use the "
            "embedded one.",
        )
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise CannotStart(
            "The MongoDB server in MONGODB_URI is a standalone: it has no transactions and no "
            "change streams.",
            "Start it with --replSet kb and run rs.initiate() once in mongosh, or leave "
            "MONGODB_URI out to use the embedded server.",
        )


def _connection_problem(uri: str, error: Exception) -> CannotStart:
    if isinstance(error, OperationFailure) and error.code in BAD_CREDENTIALS:
        return CannotStart(
            f"MongoDB at {_hosts(uri)} refused the user name or password in MONGODB_URI.",
            "Correct them (special characters are percent-encoded), and name the database that "
            "holds the user with ?authSource=admin.",
        )
    if isinstance(error, ServerSelectionTimeoutError):
        return CannotStart(
            f"No MongoDB server answers at {_hosts(uri)}, as MONGODB_URI says.",
            "Start it, or correct the host, port and replicaSet name; leave MONGODB_URI out to "
            "use the embedded server.",
        )
    if isinstance(error, InvalidURI | ConfigurationError | ValueError):
        return CannotStart(
            "MONGODB_URI is not a MongoDB connection string that can be used.",
            "Write it as mongodb://user:password@host:27017/?replicaSet=NAME (special characters "
            "in the password percent-encoded), or leave it out to use the embedded server.",
        )
    return CannotStart(
        f"MongoDB at {_hosts(uri)} refused the connection ({type(error).__name__}).",
        "Check MONGODB_URI, its TLS options and the server's log.",
    )


def _hosts(uri: str) -> str:
    """The hosts that a connection string names, without its credentials."""
    try:
        nodes = parse_uri(uri, validate=False)["nodelist"] if "+srv" not in uri else []
    except (PyMongoError, ValueError):
        nodes = []
    named = ", ".join(f"{host}:{port}" for host, port in nodes)
    return named or uri.rpartition("@")[2].removeprefix("mongodb+srv://").partition("/")[0]
