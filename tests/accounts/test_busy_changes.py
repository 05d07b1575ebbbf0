"""P10: many people who change their passwords at once leave a real site room to answer others."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher, make_password
from django.db import connections

from accounts.models import User
from accounts.models.users import RememberedPassword
from tests.accounts.api.program import ROOT, Program
from tests.browser.live import web_server
from tests.conftest import PASSWORD

REMEMBERED = 24
SLOWEST = 2.0  # seconds, of 99 in 100
PATIENCE = 900


@pytest.fixture
def access_tokens(
    people: int, cost: int, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Of people who have had as many passwords as a site can remember, each hash of that cost."""
    monkeypatch.setattr(BCryptSHA256PasswordHasher, "rounds", cost)
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(make_password, [f"Old-horse-{n}" for n in range(REMEMBERED)]))
    names = [make_user(f"user{number}").username for number in range(people)]
    history = [RememberedPassword(password=each) for each in hashes]
    User.objects.update(password_history=history)
    return [Program().sign_in(name).access for name in names]


@pytest.mark.parametrize(("people", "cost"), [(6, 6), pytest.param(20, 12, marks=pytest.mark.soak)])
def test_p10_many_changes_at_once_leave_healthz_quick(
    access_tokens: list[str], people: int, cost: int, tmp_path: Path
) -> None:
    env = {
        "MONGODB_URI": settings.MONGODB_URI,
        "MONGODB_DATABASE": connections["default"].settings_dict["NAME"],
        "KB_VAR_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        "PASSWORD_HISTORY": str(REMEMBERED),
        "DEBUG": "false",
        "HTTPS": "false",
    }
    waits = []
    with (
        web_server(env=env, log=tmp_path / "web.log") as url,
        ThreadPoolExecutor(people) as pool,
    ):
        started = time.monotonic()
        changes = [pool.submit(change, url, token) for token in access_tokens]
        while not all(each.done() for each in changes):
            waits.append(wait_for_healthz(url))
            time.sleep(0.05)
        took = time.monotonic() - started
    waits.sort()
    p99 = waits[int(0.99 * len(waits))]
    assert [each.result() for each in changes] == [204] * people
    assert p99 < SLOWEST, f"{p99:.2f} s of {len(waits)} answers, while {took:.0f} s passed"


def change(url: str, access_token: str) -> int:
    """The status of a change to a password that is none of the remembered ones."""
    body = {"current_password": PASSWORD, "new_password": "Another-horse-9"}
    headers = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{url}{ROOT}password", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def wait_for_healthz(url: str) -> float:
    """Seconds until it answers, whatever it says of the worker, which does not run here."""
    started = time.monotonic()
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE).close()
    return time.monotonic() - started
