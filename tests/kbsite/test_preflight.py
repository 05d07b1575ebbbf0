"""Each thing that keeps the site from starting is one sentence and a remedy, without a secret."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

from kbsite import mongod
from kbsite.mongod_files import free_port
from kbsite.preflight import (
    CannotStart,
    _check_kind,
    check_port,
    check_server,
    check_space,
    check_var,
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kbsite.preflight.CONNECT_TIMEOUT_MS", 500)


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is not a replica set."""
    folder, port = str(tmp_path_factory.mktemp("standalone")), str(free_port())
    options = ["--dbpath", folder, "--port", port, "--nounixsocket", "--bind_ip", "127.0.0.1"]
    command = [str(mongod.binary()), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        with MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{port}") as client:
            client.admin.command("ping")  # waits until it is up
        yield f"mongodb://127.0.0.1:{port}"
        process.terminate()


def test_a_port_in_use_is_said_with_another_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} .*in use(?s:.*)PORT={port + 1}"):
            check_port(host="127.0.0.1", port=port)


def test_a_free_port_is_fine() -> None:
    check_port(host="127.0.0.1", port=free_port())


def test_a_host_that_is_not_this_machine_is_named() -> None:
    with pytest.raises(CannotStart, match=r"HOST 192\.0\.2\.1"):
        check_port(host="192.0.2.1", port=8000)


def test_a_new_data_folder_is_created_and_stamped(tmp_path: Path) -> None:
    check_var(tmp_path / "var")
    check_var(tmp_path / "var")
    assert (tmp_path / "var/VERSION").read_text() == "1\n"


def test_a_data_folder_that_cannot_be_written_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="KB_VAR_DIR"):
        check_var(tmp_path / "file/var")


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="full"):
        check_space(tmp_path, min_free=2**62)


@pytest.mark.parametrize("stamp", ["2", "0", "nonsense"])
def test_data_from_another_version_is_left_alone(tmp_path: Path, stamp: str) -> None:
    (tmp_path / "VERSION").write_text(stamp)
    with pytest.raises(CannotStart, match=rf"layout is {stamp}(?s:.*)restore"):
        check_var(tmp_path)
    assert (tmp_path / "VERSION").read_text() == stamp


def test_data_without_a_stamp_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mongod").mkdir()
    with pytest.raises(CannotStart, match="another version"):
        check_var(tmp_path)


def test_a_usable_server_is_fine(mongodb_uri: str) -> None:
    check_server(mongodb_uri)


def test_a_standalone_server_is_refused_with_the_way_out(standalone: str) -> None:
    with pytest.raises(CannotStart, match=r"standalone(?s:.*)--replSet"):
        check_server(standalone)


def test_a_server_that_does_not_answer_is_named() -> None:
    port = free_port()
    with pytest.raises(CannotStart, match=f"answers at 127.0.0.1:{port}"):
        check_server(f"mongodb://127.0.0.1:{port}/?replicaSet=kb")


def test_wrong_credentials_are_said_without_the_password(mongodb_uri: str) -> None:
    right = parse_uri(mongodb_uri)["nodelist"][0][1]
    with pytest.raises(CannotStart, match="user name or password") as refused:
        check_server(f"mongodb://kb:hunter2@127.0.0.1:{right}/?authSource=admin")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:hunter2@@host",
        "mongodb://user:hunter2@host:port/",
        "mongodb+srv://user:hunter2@host",
    ],
)
def test_a_malformed_address_is_said_without_the_password(uri: str) -> None:
    with pytest.raises(CannotStart, match="MONGODB_URI") as refused:
        check_server(uri)
    assert "hunter2" not in str(refused.value)


def test_a_server_that_is_too_old_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"version 5\.0\.31"):
        _check_kind({"setName": "kb"}, "5.0.31")
