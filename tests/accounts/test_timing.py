"""R4: no answer tells by its time whether an account exists. Statistics, not thresholds."""

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher, make_password
from django.test import Client, RequestFactory

from accounts import backends, signing_in
from accounts.models import User
from accounts.signing_in import BEAT, NAME, TOLD, InvalidCredentials, check_credentials
from accounts.throttling import Rule, TooMany
from knowledge.models import Role, Workspace
from knowledge.people import invitations

LEAST_P = 0.01
SHORT = 20
Try = Callable[[str], object]
NUMBERS = count()
SHORT_AND_LONG = [50, pytest.param(500, marks=pytest.mark.soak)]


@pytest.fixture(autouse=True)
def people(make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind one; the stored hash of "cheap" has another cost than today's."""
    cheap = make_password("Wrong-horse-8")
    monkeypatch.setattr(BCryptSHA256PasswordHasher, "rounds", 6)
    for name in ("wrong", "inactive", "cheap"):
        make_user(name, is_active=name != "inactive")
    User.objects.filter(username="cheap").update(password=cheap)


@pytest.fixture(autouse=True)
def no_limits() -> Iterator[None]:
    modules = ("signing_in", "resetting", "registration", "email_addresses")
    with ExitStack() as patches:
        for name in modules:
            patches.enter_context(patch(f"accounts.{name}.count"))
        yield


def mann_whitney(first: list[float], second: list[float]) -> float:
    """The two-sided p of U, by its normal approximation: times have no ties to speak of."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    n, m = len(first), len(second)
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    u = ranks - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def measure(attempt: Try, names: list[str], rounds: int) -> dict[str, list[float]]:
    """Seconds per try and name, the names in another order in each round."""
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 3):
        for name in random.sample(names, len(names)):
            started = time.perf_counter()
            attempt(name)
            if number >= 3:  # the first ones warm up
                taken[name].append(time.perf_counter() - started)
    return taken


def assert_alike(attempt: Try, names: list[str], rounds: int) -> None:
    """By chance one in a hundred comparisons fails; a difference that is there fails again."""
    known, *others = names
    for _ in range(2):
        taken = measure(attempt, names, rounds)
        worst = min(mann_whitney(taken[known], taken[other]) for other in others)
        if worst > LEAST_P:
            return
    raise AssertionError(f"p = {worst:.4f}")


def sign_in(name: str) -> None:
    request = RequestFactory().post("/accounts/login/")
    with pytest.raises(InvalidCredentials):
        check_credentials(request, identity=name, password="Wrong-horse-9")


def sign_in_too_often(name: str) -> None:
    request = RequestFactory().post("/accounts/login/")
    refusing = patch("accounts.signing_in.count", side_effect=refuse_name)
    with refusing, pytest.raises(TooMany):
        check_credentials(request, identity=name, password="Wrong-horse-9")


def refuse_name(rule: Rule, key: object) -> None:
    if rule in (NAME, TOLD):
        raise TooMany(90)


def ask_for_reset(name: str) -> None:
    Client().post("/accounts/reset/", {"identity": name})


def register(name: str) -> None:
    fields = {"username": f"new{next(NUMBERS)}", "email": f"{name}@example.org"}
    passwords = {"password1": "Fresh-horse-77", "password2": "Fresh-horse-77"}
    assert Client().post("/accounts/register/", fields | passwords).status_code == 302


@pytest.mark.parametrize("rounds", SHORT_AND_LONG)
def test_r4_registering_takes_as_long_whosever_address_it_is(rounds: int, settings: Any) -> None:
    settings.REGISTRATION = "open"
    settings.AUTH_PASSWORD_VALIDATORS = []  # ten times the work that is compared
    assert_alike(register, ["missing", "wrong", "inactive"], rounds)


@pytest.mark.parametrize(
    ("rounds", "cost", "beat"),
    [(SHORT, 7, 0.004), pytest.param(500, 9, BEAT, marks=pytest.mark.soak)],
)
def test_r4_signing_in_takes_as_long_whoever_it_is(
    rounds: int, cost: int, beat: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_hashes_outlast_beats(monkeypatch, cost, beat)
    assert_alike(sign_in, ["missing", "wrong", "inactive", "cheap"], rounds)


@pytest.mark.parametrize("attempt", [sign_in, sign_in_too_often])
def test_r4_every_refusal_to_sign_in_waits_for_the_beat(attempt: Try) -> None:
    with patch("accounts.signing_in.time", wraps=time) as watched:
        attempt("wrong")
    watched.sleep.assert_called_once()


@pytest.mark.soak
def test_r4_signing_in_too_often_takes_as_long_whoever_it_is() -> None:
    assert_alike(sign_in_too_often, ["missing", "wrong", "wrong@example.org"], 500)


@pytest.mark.parametrize(
    ("part", "without", "name"),
    [
        (BCryptSHA256PasswordHasher, "harden_runtime", "cheap"),
        (backends, "make_password", "missing"),
    ],
)
def test_r4_a_hash_that_is_left_out_is_seen(
    part: Any, without: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_hashes_outlast_beats(monkeypatch, 7, 0.004)
    monkeypatch.setattr(part, without, lambda *_: None)
    with pytest.raises(AssertionError, match="p = "):
        assert_alike(sign_in, ["wrong", name], SHORT)


def let_hashes_outlast_beats(monkeypatch: pytest.MonkeyPatch, cost: int, beat: float) -> None:
    """As on a site, so that no hash too few hides in the wait for the next beat."""
    monkeypatch.setattr(signing_in, "BEAT", beat)
    monkeypatch.setattr(BCryptSHA256PasswordHasher, "rounds", cost)
    others = User.objects.exclude(username="cheap")
    others.update(password=make_password("Wrong-horse-8"))


@pytest.mark.parametrize("rounds", SHORT_AND_LONG)
def test_r4_asking_for_a_reset_takes_as_long_whoever_it_is(rounds: int) -> None:
    assert_alike(ask_for_reset, ["missing", "wrong", "inactive"], rounds)


@pytest.mark.soak
def test_r4_inviting_takes_as_long_whosever_address_it_is(
    client: Client,
    make_user: Callable[..., User],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(invitations, "MAX_SENT_AN_HOUR", 10_000)
    client.force_login(make_user("admin", workspace=workspace, role=Role.ADMIN))

    def invite(name: str) -> None:
        asked = {"email": f"{name}@example.org", "role": "viewer"}
        assert client.post("/w/team/invitations", asked).status_code == 200

    assert_alike(invite, ["missing", "wrong", "inactive"], 200)


def test_the_statistics_see_a_difference_that_is_there() -> None:
    even, odd = [float(n) for n in range(0, 100, 2)], [float(n) for n in range(1, 100, 2)]
    assert mann_whitney(even, odd) > 0.5
    assert mann_whitney(even, [value + 40 for value in odd]) < LEAST_P
