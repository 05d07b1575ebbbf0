"""Codes and recovery codes over the API: each counts once, also in parallel (M1, M2)."""

from unittest.mock import patch

import pytest

from accounts import second_factor
from accounts.models import Session, User
from accounts.throttling import DAY, Rule
from tests.accounts import authenticator
from tests.accounts.api.program import Program
from tests.accounts.authenticator import give_second_factor
from tests.accounts.together import at_once
from tests.conftest import PASSWORD

PROGRAMS = 20


def half_in() -> str:
    """The token of somebody who has sent the password only."""
    given = Program()("POST", "login", {"username": "ada", "password": PASSWORD}).json()
    return str(given["mfa_token"])


def signing_in(mfa_token: str, code: str) -> int:
    step = {"mfa_token": mfa_token, "code": code}
    status: int = Program()("POST", "mfa/login", step).status_code
    return status


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_m1_m2_of_twenty_programs_with_one_code_one_gets_in(ada: User, kind: str) -> None:
    recovery = give_second_factor(ada)
    tokens = [half_in() for _ in range(PROGRAMS)]
    code = authenticator.code() if kind == "app" else recovery.texts[0]
    with patch.object(second_factor, "CODES", Rule("codes", ((1_000, DAY),))):
        statuses = at_once(lambda token: signing_in(token, code), tokens)
    assert sorted(statuses) == [200] + [401] * (PROGRAMS - 1)
    assert Session.objects.filter(kind="api").exclude(stage="half").count() == 1


def test_m1_the_code_that_turned_it_on_signs_nobody_in(signed_in: Program) -> None:
    secret = signed_in("POST", "mfa/setup").json()["secret"]
    code = authenticator.code(secret)
    on = {"code": code, "current_password": PASSWORD}
    assert signed_in("POST", "mfa/verify", on).status_code == 200
    assert signing_in(half_in(), code) == 401
    assert signing_in(half_in(), authenticator.code(secret, steps=1)) == 200
