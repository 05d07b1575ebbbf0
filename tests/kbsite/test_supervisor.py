"""`python -m kbsite.supervisor` as a real process: what it starts, survives and stops."""

import os
import re
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbsite.environment import read_environment
from kbsite.mongod_files import free_port
from kbsite.supervisor import GRACE_SECONDS, _web_arguments
from tests.kbsite.site_process import PATIENCE, READY, Site, gone, running, until


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data that sites of one test each share, one after the other."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def site(var: Path) -> Iterator[Site]:
    yield from running(var)


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A new site, for the tests after which it still runs."""
    yield from running(tmp_path_factory.mktemp("shared"))


def test_the_first_start_shows_the_admins_password_once(shared_site: Site) -> None:
    shown = [line for line in shared_site.lines if re.search(r"password +(\S{5}-){3}\S{5}$", line)]
    assert len(shown) == 1


def test_sigterm_stops_everything_and_exits_0(site: Site) -> None:
    started = site.children()
    assert set(started) == {"uvicorn", "worker", "mongod"}
    with socket.create_connection(("127.0.0.1", site.port)) as reader:
        reader.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")  # a request left open
        assert site.end(signal.SIGTERM) == 0
    assert gone(started)
    assert not site.files.is_open()
    assert "Traceback" not in "".join(site.lines)


def test_a_worker_that_died_is_started_again(shared_site: Site) -> None:
    old = shared_site.children()["worker"]
    os.kill(old, signal.SIGKILL)
    shared_site.wait_for("worker .*signal 9; starting it again")
    until(lambda: shared_site.children().get("worker", old) != old)


def test_a_database_that_died_is_started_again(shared_site: Site) -> None:
    pid = shared_site.files.server_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    shared_site.wait_for("mongod .*Starting it again")
    until(shared_site.healthy)


def test_when_the_web_server_dies_everything_stops_with_the_reason(site: Site) -> None:
    started = site.children()
    os.kill(started["uvicorn"], signal.SIGKILL)
    assert site.process.wait(timeout=PATIENCE) == 1
    assert "The web server ended with signal 9" in site.lines[-2]
    assert "Traceback" not in "".join(site.lines)
    assert gone(started)


def test_a_second_signal_ends_everything_at_once_even_without_a_terminal(var: Path) -> None:
    site = Site(var, hang_up_at=READY)
    site.wait_for(READY)
    until(lambda: "worker" in site.children())
    started = site.children()
    os.kill(started["worker"], signal.SIGSTOP)  # it cannot end by itself now
    asked = time.monotonic()
    site.process.send_signal(signal.SIGHUP)
    assert site.end(signal.SIGTERM) == 0
    assert time.monotonic() - asked < GRACE_SECONDS
    assert gone(started)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of it")
def test_a_killed_supervisor_leaves_nothing_that_the_next_start_trips_over(
    site: Site, var: Path
) -> None:
    started = site.children()
    site.end(signal.SIGKILL)
    until(lambda: gone({name: pid for name, pid in started.items() if name != "mongod"}))
    again = Site(var, PORT=str(site.port))
    again.wait_for(READY)
    assert again.end(signal.SIGTERM) == 0
    assert not again.files.is_open()
    assert "password" not in "".join(again.lines)


def test_the_web_server_does_not_name_itself(shared_site: Site) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{shared_site.port}/healthz") as response:
        assert "server" not in {name.lower() for name in response.headers}


def test_a_signal_before_the_site_is_ready_stops_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.wait_for("mongod .*embedded")
    started = site.children()
    assert site.end(signal.SIGTERM) == 0
    assert gone(started)
    assert not site.files.is_open()


def refusal(tmp_path: Path, **variables: str) -> str:
    """What is said when the site does not start; the exit code is 1 then."""
    site = Site(tmp_path, **variables)
    assert site.process.wait(timeout=PATIENCE) == 1
    until(lambda: bool(site.lines))
    said = "".join(site.lines)
    assert "Traceback" not in said
    return said


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"Port {port} on 127.0.0.1 is in use" in refusal(tmp_path, PORT=port)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert "CONFIDENCE_STRONG" in refusal(tmp_path, CONFIDENCE_STRONG="certain")


def test_r1_a_proxy_that_hides_who_visits_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        given = {"HTTPS": "true", "PORT": str(other.getsockname()[1])}
        assert "FORWARDED_ALLOW_IPS names no proxy" in refusal(tmp_path, **given)
        said = refusal(tmp_path, **given, FORWARDED_ALLOW_IPS="127.0.0.1")
    assert "names no proxy" not in said


def test_r1_only_a_proxy_that_is_named_says_who_visits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    assert "--no-proxy-headers" in _web_arguments(read_environment())
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.7")
    named = _web_arguments(read_environment())
    assert named[-3:] == ["--proxy-headers", "--forwarded-allow-ips", "10.0.0.7"]


def test_a_wrong_database_address_is_said(tmp_path: Path) -> None:
    said = refusal(tmp_path, MONGODB_URI=f"mongodb://127.0.0.1:{free_port()}/?replicaSet=kb")
    assert "No MongoDB server answers" in said


def test_data_of_another_version_is_said(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("99\n")
    assert "another version" in refusal(tmp_path)


@pytest.mark.soak
def test_a_second_start_is_healthy_within_10_seconds(site: Site, var: Path) -> None:
    site.end(signal.SIGTERM)
    started = time.monotonic()
    again = Site(var)
    until(again.healthy)
    took = time.monotonic() - started
    again.end(signal.SIGTERM)
    assert took < 10
