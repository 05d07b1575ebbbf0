"""How the rules stand while somebody types a password: accounts/rules_views.py."""

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.models import User
from accounts.rules_views import LOOKS
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
RULES = "/accounts/password/rules/"


def stands(client: Client, password: str, **fields: str) -> str:
    response = client.post(RULES, {"password1": password, **fields})
    assert response.status_code == 200
    return re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.S)


def states(page: str) -> list[str]:
    return re.findall(r"(Met|Not yet):", page)


def test_p1_every_rule_is_told_with_its_state(client: Client, db: None) -> None:
    page = stands(client, "xk9")
    assert states(page) == ["Not yet", "Not yet", "Met", "Met", "Not yet", "Not yet", "Met"]
    assert "Use at least 8 characters." in page
    assert "4 rules not met yet." in page


def test_p1_a_good_password_meets_them_all(client: Client, db: None) -> None:
    page = stands(client, PASSWORD)
    assert set(states(page)) == {"Met"}
    assert "All of these rules are met." in page


def test_before_anything_is_typed_the_rules_are_listed_without_a_state(
    client: Client, db: None
) -> None:
    page = stands(client, "")
    assert "At least 8 characters" in page
    assert states(page) == []


def test_p6_the_name_that_is_typed_beside_it_counts(client: Client, db: None) -> None:
    assert "“lovelace”, your user name" in stands(client, "Lovelace-7", username="lovelace")


def test_p10_old_passwords_are_not_told_while_one_types(
    client: Client, make_user: MakeUser
) -> None:
    client.force_login(make_user("ada"))
    with patch("accounts.passwords._matches_any", side_effect=AssertionError):
        page = stands(client, PASSWORD)
    assert "None of your last 10 passwords (looked at when you save it)" in page


def test_whoever_must_change_the_password_sees_them_too(
    client: Client, make_user: MakeUser
) -> None:
    client.force_login(make_user("ada", must_change_password=True))
    assert states(stands(client, PASSWORD))


def test_it_is_counted_and_generously(client: Client, db: None) -> None:
    for _ in range(LOOKS.most[0][0]):
        with patch("accounts.rules_views.demands", return_value=[]):
            assert client.post(RULES).status_code == 200
    assert client.post(RULES).status_code == 429


def test_c3_the_password_is_kept_nowhere(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.post(RULES, {"password1": "Canary-horse-9"})
    assert "no-store" in response.headers["Cache-Control"]
    assert "Canary" not in response.content.decode() + caplog.text
    assert client.get(RULES).status_code == 405
    assert Client(enforce_csrf_checks=True).post(RULES).status_code == 403


@pytest.mark.parametrize("size", [4097, 1_000_000])
def test_a_giant_password_is_refused_at_once(client: Client, db: None, size: int) -> None:
    assert "Use at most 4096 characters." in stands(client, "Aa1-" + "é" * size)


def test_without_javascript_the_form_lists_the_rules(
    client: Client, make_user: MakeUser, settings: Any
) -> None:
    client.force_login(make_user("ada"))
    page = client.get("/accounts/password/").content.decode()
    assert "At least 8 characters" in page
    assert 'hx-post="/accounts/password/rules/"' in page
    assert "maxlength" not in page
    settings.PASSWORD_POLICY = "nist"
    assert "At least 15 characters" in client.get("/accounts/password/").content.decode()
