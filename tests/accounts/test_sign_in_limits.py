"""How often signing in may be tried: per account and per address, and never against its owner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from itertools import cycle, islice
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client

from accounts import sending, signing_in
from accounts.models import User
from accounts.models.users import KEY_FIELDS
from accounts.signing_in import NAME
from accounts.throttling import TooMany, count
from kbsite import mongo
from tests.accounts.processes import in_another_process
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
LOGIN = "/accounts/login/"


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


def attempt(
    client: Client | None = None,
    *,
    username: str = "ada",
    password: str = "Wrong-horse-9",
    address: str = "203.0.113.1",
    forwarded: str = "",
) -> Any:
    client = client or Client()
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    fields = {"username": username, "password": password}
    return client.post(LOGIN, fields, headers=headers, REMOTE_ADDR=address)


def lock(username: str = "ada") -> None:
    """Fail from many addresses, as an attacker does who has them."""
    for number in range(6):
        attempt(username=username, address=f"198.51.100.{number}")


def test_r1_101_tries_with_50_made_up_addresses_are_one_address(db: None) -> None:
    answers = [
        attempt(username=f"name{number}", forwarded=f"192.0.2.{number % 50}").status_code
        for number in range(101)
    ]
    assert answers == [200] * 30 + [429] * 71


def test_r1_tries_for_one_account_from_many_addresses_are_one_accounts(ada: User) -> None:
    answers = [attempt(address=f"192.0.2.{number}").status_code for number in range(20)]
    assert answers == [200] * 5 + [429] * 15


def test_r1_the_right_password_is_refused_while_the_account_is_locked(ada: User) -> None:
    lock()
    refused = attempt(password=PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 300
    assert "Too many tries. Try again in" in unescape(refused.content.decode())


@pytest.mark.parametrize("names", [["ada", "ADA", " ada "], ["ada@example.org", "Ada@Example.org"]])
def test_r1_a_name_is_counted_however_it_is_written(ada: User, names: list[str]) -> None:
    tried = islice(cycle(names), 6)
    assert [attempt(username=name).status_code for name in tried] == [200] * 5 + [429]


def test_r1_name_and_email_together_fail_at_most_a_hundred_times_in_a_row() -> None:
    assert max(most for most, _ in NAME.most) * len(KEY_FIELDS) <= 100


def test_r4_a_locked_name_does_not_tell_whose_email_is_whose(ada: User) -> None:
    for _ in range(6):
        attempt(username="ada")
    answers = [attempt(username=f"{name}@example.org").status_code for name in ("ada", "eve")]
    assert answers == [200, 200]


def test_r1_a_name_that_nobody_has_is_locked_alike(ada: User) -> None:
    names = ("ada", "nobody")
    answers = [[attempt(username=name).status_code for _ in range(7)] for name in names]
    assert answers[0] == answers[1]


def test_r4_an_address_that_tries_too_often_has_nobody_looked_up(ada: User) -> None:
    for _ in range(30):
        count(signing_in.ADDRESS, "10.0.0.9")
    with patch("accounts.signing_in.find_user", side_effect=AssertionError):
        assert attempt(address="10.0.0.9").status_code == 429


def test_r1_an_ipv6_subscriber_is_one_address(db: None) -> None:
    answers = [
        attempt(username=f"name{n}", address=f"2001:db8:1:2::{n:x}").status_code for n in range(31)
    ]
    assert answers[-1] == 429
    assert attempt(username="name", address="2001:db8:1:3::1").status_code == 200


def test_r1_processes_count_together(ada: User) -> None:
    said = in_another_process(
        f"""
from accounts.signing_in import NAME
from accounts.throttling import count
for _ in range(4):
    count(NAME, "{ada.username_key}")
print("counted")
"""
    )
    assert "counted" in said
    assert attempt().status_code == 200
    assert attempt().status_code == 429


def test_r1_a_success_begins_anew(ada: User) -> None:
    for _ in range(3):
        answers = [attempt().status_code for _ in range(4)]
        answers.append(attempt(password=PASSWORD).status_code)
        assert answers == [200, 200, 200, 200, 302]


def test_r2_an_owner_whose_browser_is_known_gets_in_while_others_lock_the_account(
    ada: User,
) -> None:
    mine = Client()
    attempt(mine, password=PASSWORD, address="192.0.2.7")
    mine.post("/accounts/logout/")
    lock()
    assert attempt(password=PASSWORD).status_code == 429
    assert attempt(mine, password=PASSWORD, address="192.0.2.7").status_code == 302


def test_r2_a_known_browser_of_another_account_gets_no_such_favour(
    ada: User, make_user: MakeUser
) -> None:
    make_user("eve")
    eves = Client()
    attempt(eves, username="eve", password=PASSWORD, address="192.0.2.8")
    eves.post("/accounts/logout/")
    lock()
    assert attempt(eves, password=PASSWORD, address="192.0.2.8").status_code == 429


def test_r2_a_known_browsers_successes_are_not_held_against_it(ada: User) -> None:
    mine = Client()
    for _ in range(12):
        attempt(mine, password=PASSWORD)
        mine.post("/accounts/logout/")
    lock()
    assert attempt(mine, password=PASSWORD).status_code == 302


def test_r2_a_stolen_device_cookie_is_locked_as_well(ada: User) -> None:
    mine = Client()
    attempt(mine, password=PASSWORD)
    mine.post("/accounts/logout/")
    answers = [attempt(mine, address=f"192.0.2.{number}").status_code for number in range(16)]
    assert answers == [200] * 15 + [429], "ten as a known browser, then five as any other"


def test_r2_unlocking_lets_the_owner_in(ada: User) -> None:
    names = ("ada", "ada@example.org")
    for name in names:
        lock(name)
    signing_in.unlock(ada)
    assert [attempt(username=name, password=PASSWORD).status_code for name in names] == [302, 302]


def test_the_owner_is_told_of_a_burst_once_a_day(ada: User) -> None:
    for _ in range(2):
        lock()
    lock("nobody")
    sending.send_due()
    (told,) = mail.outbox
    assert (told.to, "keeps failing" in told.subject) == (["ada@example.org"], True)


def test_a_refusal_says_how_long_to_wait_and_loses_no_name(ada: User) -> None:
    lock()
    page = unescape(attempt().content.decode())
    assert 'value="ada"' in page
    assert "Wrong-horse-9" not in page


def test_counters_name_nobody(ada: User) -> None:
    attempt()
    stored = str(list(mongo.database()["rate_windows"].find()))
    assert stored != "[]"
    for private in ("ada", str(ada.pk), "203.0.113.1"):
        assert private not in stored


def test_many_tries_at_once_cannot_all_slip_through(ada: User) -> None:
    def one(_: int) -> bool:
        try:
            count(NAME, "same")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(40))) <= 5
