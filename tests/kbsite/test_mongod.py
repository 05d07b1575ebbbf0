"""The embedded MongoDB, on real servers: its first start, its locks, and how it comes back."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from kbsite import mongod
from kbsite.mongod import Running, embedded, ensure_running
from kbsite.mongod_files import ServerFiles
from kbsite.mongod_set import Client
from kbsite.preflight import CannotStart

SHORT = 2_000


def connect(uri: str) -> Client:
    return MongoClient(uri, serverSelectionTimeoutMS=SHORT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with embedded(tmp_path_factory.mktemp("var")) as server:
        yield server


def test_it_has_transactions(running: Running) -> None:
    with connect(running.uri) as client, client.start_session() as session:
        session.with_transaction(lambda joined: client.test.notes.insert_one({}, session=joined))
        assert client.test.notes.count_documents({}) == 1


def test_a_client_without_the_password_is_refused(running: Running) -> None:
    with connect(f"mongodb://127.0.0.1:{running.port}/?directConnection=true") as stranger:
        with pytest.raises(OperationFailure, match="requires authentication"):
            stranger.test.notes.find_one()
        with pytest.raises(OperationFailure, match=r"requires authentication|not authorized"):
            stranger.admin.command("createUser", "mallory", pwd="x", roles=["root"])


def test_its_secrets_are_for_this_user_only(running: Running) -> None:
    files = running.files
    for secret in (files.keyfile, files.password):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.root.stat().st_mode) == 0o700


def test_it_listens_on_loopback_only(running: Running) -> None:
    with connect(running.uri) as client:
        options = client.admin.command("getCmdLineOpts")["parsed"]["net"]
    assert options["bindIp"] == "127.0.0.1"
    assert options["unixDomainSocket"] == {"enabled": False}


def test_it_does_not_speak_zlib(running: Running) -> None:
    with connect(running.uri) as client:
        offered = ["zlib", "zstd", "snappy"]
        accepted = client.admin.command("hello", compression=offered)["compression"]
    assert "zlib" not in accepted


def test_its_address_is_known_from_its_files(running: Running, tmp_path: Path) -> None:
    assert mongod.uri(running.files.root.parent) == running.uri
    assert mongod.uri(tmp_path) is None


def test_a_second_user_joins_it_and_leaves_it_running(running: Running) -> None:
    with embedded(running.files.root.parent) as second:
        assert second.process is None
        assert second.uri == running.uri
    assert running.failure() is None


def test_it_keeps_what_it_acknowledged_and_its_port_after_kill_9(tmp_path: Path) -> None:
    first = ensure_running(tmp_path)
    with connect(first.uri) as client:
        client.test.notes.insert_one({"_id": "kept"})
    assert first.process is not None
    first.process.kill()
    first.process.wait()
    assert "signal 9" in str(first.failure())
    with embedded(tmp_path) as second, connect(second.uri) as client:
        first.stop()  # leaves, or the second would not be the last one to use it
        assert second.port == first.port
        assert client.test.notes.find_one() == {"_id": "kept"}
    assert not second.files.is_open()


def test_it_outlives_a_starter_that_was_killed_and_the_next_user_stops_it(tmp_path: Path) -> None:
    program = (
        "import os, signal, pathlib, sys; from kbsite.mongod import ensure_running;"
        "ensure_running(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    starter = subprocess.run([sys.executable, "-c", program, tmp_path], check=False)
    assert starter.returncode == -signal.SIGKILL
    with embedded(tmp_path) as adopted:
        assert adopted.process is None
        assert adopted.files.is_open()
    assert not adopted.files.is_open()


def test_two_starters_at_once_share_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(ensure_running, [tmp_path, tmp_path])
    try:
        assert [first.process, second.process].count(None) == 1
    finally:
        first.stop()
        assert second.failure() is None
        second.stop()
    assert not second.files.is_open()


def test_it_moves_when_its_port_was_taken(tmp_path: Path) -> None:
    with embedded(tmp_path) as server, connect(server.uri) as client:
        client.test.notes.insert_one({"_id": "kept"})
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        taken = server.port
        with embedded(tmp_path) as moved, connect(moved.uri) as client:
            assert moved.port != taken
            assert client.test.notes.find_one() == {"_id": "kept"}


def test_a_first_start_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    files = ServerFiles(tmp_path / "mongod")
    # a starter that was killed right after it had started the process
    with files.starting():
        files.prepare()
        process = mongod._spawn(files, {})
    with embedded(tmp_path) as server, connect(server.uri) as client:
        assert client.test.notes.find_one() is None
    process.wait()  # of the two processes either one got the data, and the other ended
    assert not files.is_open()


def test_a_lost_password_is_said(tmp_path: Path) -> None:
    ensure_running(tmp_path).stop()
    (tmp_path / "mongod/password").unlink()
    with pytest.raises(CannotStart, match="password"):
        ensure_running(tmp_path)
    assert not ServerFiles(tmp_path / "mongod").is_open()


def test_a_log_over_the_limit_is_set_aside_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kbsite.mongod_files.MAX_LOG_BYTES", 1)
    running.rotate_log()
    running.rotate_log()
    logs = sorted(path.name for path in running.files.root.glob("mongod.log*"))
    assert logs == ["mongod.log", "mongod.log.1"]


def test_without_any_mongod_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CannotStart, match="MONGODB_URI"):
        mongod.binary()


def test_a_mongod_on_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_mongod(tmp_path, monkeypatch, "exit 0")
    assert mongod.binary() == tmp_path / "bin/mongod"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open' >&2"
            "; exit 127",
            r"libcurl\.so\.4.*\n.*apt-get install libcurl4",
        ),
        (
            "echo 'mongod: error while loading shared libraries: libnew.so.9: cannot open' >&2"
            "; exit 127",
            r"libnew\.so\.9.*\n.*package that holds libnew\.so\.9",
        ),
        (
            'echo "mongod: /lib/libc.so.6: version \\`GLIBC_2.34\' not found" >&2; exit 1',
            r"GLIBC_2\.34",
        ),
        ("kill -ILL $$", "AVX"),
        ("exit 62", "written by another version"),
    ],
)
def test_why_the_program_cannot_start_is_one_sentence_and_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    fake_mongod(tmp_path, monkeypatch, script)
    with pytest.raises(CannotStart, match=said):
        ensure_running(tmp_path / "var")


def fake_mongod(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program first on PATH that fails as mongod does on some systems."""
    program = folder / "bin/mongod"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
