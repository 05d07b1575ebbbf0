"""The embedded server's replica set and user: the first start, a moved port, being primary.

The process itself is in `kbsite/mongod.py`.
"""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure

from kbsite.mongod_failure import explain
from kbsite.mongod_files import REPLICA_SET, USER, ServerFiles
from kbsite.preflight import BAD_CREDENTIALS, CannotStart

# A server that was killed replays its journal first; this is for a large one on a slow disk.
START_SECONDS = 120
ALREADY_INITIALIZED, NOT_YET_INITIALIZED = 23, 94
Client = MongoClient[dict[str, Any]]
Server = subprocess.Popen[bytes]


def make_primary(files: ServerFiles, process: Server | None) -> None:
    """Wait until the server is a writable primary with our user, finishing a first start.

    `process` is None when another process started it. Raises `CannotStart`, also when it ends
    meanwhile and no other server has the data.
    """

    def wait(condition: Callable[[], bool]) -> None:
        _wait(condition, files, process)

    wait(lambda: _listens(files))
    wait(lambda: _has_our_user(files) or _bootstrap(files))
    with _direct(files) as client:
        wait(lambda: _follow_port(client, files))
        wait(lambda: bool(client.admin.command("hello")["isWritablePrimary"]))
        _check_ours(client, files)


def _wait(condition: Callable[[], bool], files: ServerFiles, process: Server | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _held(condition):
        if process is not None and process.poll() is not None and not files.is_open():
            raise explain(files, process.returncode)
        if time.monotonic() > deadline:
            raise CannotStart(
                f"The embedded MongoDB is not ready after {START_SECONDS} s.",
                f"Its log says why: {files.log}",
            )
        time.sleep(0.05)


def _held(condition: Callable[[], bool]) -> bool:
    """The condition, taking a server that is not up to answering yet for False."""
    try:
        return condition()
    except AutoReconnect:
        return False


def _listens(files: ServerFiles) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(files.port.read_text()))) == 0


def _direct(files: ServerFiles) -> Client:
    return Client(files.known_uri(direct=True), serverSelectionTimeoutMS=1_000)


def _has_our_user(files: ServerFiles) -> bool:
    """Whether our user exists: it is made last, so then nothing of the first start is missing."""
    # a client of its own: after a refused login pymongo avoids the server for a while
    with _direct(files) as client:
        try:
            client.admin.command("connectionStatus")
        except OperationFailure as error:
            if error.code in BAD_CREDENTIALS:
                return False
            raise
    return True


def _bootstrap(files: ServerFiles) -> bool:
    """Make the set and our user through the localhost exception; repeatable after a crash.

    The exception ends with the first user, so a lost password file ends here too.
    """
    address = f"mongodb://127.0.0.1:{files.port.read_text()}/?directConnection=true"
    with Client(address, serverSelectionTimeoutMS=1_000) as client:
        try:
            _initiate(client, files)
            if not client.admin.command("hello")["isWritablePrimary"]:
                return False
            password = files.password.read_text()
            client.admin.command("createUser", USER, pwd=password, roles=["root"])
        except OperationFailure as error:
            if error.code in BAD_CREDENTIALS:
                raise _wrong_password(files) from None
            raise
    return True


def _initiate(client: Client, files: ServerFiles) -> None:
    member = {"_id": 0, "host": f"127.0.0.1:{files.port.read_text()}"}
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
    except OperationFailure as error:
        if error.code != ALREADY_INITIALIZED:
            raise


def _wrong_password(files: ServerFiles) -> CannotStart:
    return CannotStart(
        f"The password in {files.password} is not the embedded MongoDB's.",
        f"Put the file back, or move {files.root.parent} away and restore a backup.",
    )


def _follow_port(client: Client, files: ServerFiles) -> bool:
    """Tell the set its new port: it kept the old one, and would never become primary.

    False while the server is still reading the set's configuration.
    """
    config = client.local["system.replset"].find_one() or {}
    host = f"127.0.0.1:{files.port.read_text()}"
    if config["members"][0]["host"] == host:
        return True
    config["members"][0]["host"] = host
    config["version"] += 1
    try:
        client.admin.command("replSetReconfig", config, force=True)
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        return False
    return True


def _check_ours(client: Client, files: ServerFiles) -> None:
    path = client.admin.command("getCmdLineOpts")["parsed"]["storage"]["dbPath"]
    if Path(path).resolve() != files.data.resolve():
        raise CannotStart(
            f"The MongoDB on port {files.port.read_text()} serves {path}, not {files.data}.",
            "Stop it and start again.",
        )
