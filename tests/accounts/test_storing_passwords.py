"""Wherever a password is stored, the rules hold, and it is stored as it was typed."""

from typing import Any

import pytest

from accounts.models import User
from tests.accounts.storing import OTHERS, PAGES, Door

NAME = "lovelace"
REFUSED = {
    "short": ["at least 8", "upper-case", "a digit", "neither a letter nor a digit"],
    "P@ssw0rd1!": ["too common"],
    "Lovelace-1815!": ["little more than", "lovelace"],
    "Handbook-2026!": ["little more than", "Handbook", "the name of this site"],
}
# an é that begins with the 72nd byte, which is the last that bcrypt by itself would read
ASTRIDE = "Correct-horse-9 " + "x" * 55 + "é"
OF_73_BYTES = "Correct-horse-9 " + "x" * 57
LONGEST = "Correct-horse-9 " + "x" * (4096 - 16)


@pytest.fixture(params=[*PAGES, *OTHERS], ids=lambda door: door.__name__)
def door(request: pytest.FixtureRequest, db: None, settings: Any) -> Door:
    settings.REGISTRATION = "open"
    settings.KB_SITE_NAME = "The Handbook"
    door: Door = request.param
    return door


def hashes() -> list[str]:
    return [user.password for user in User.objects.filter(username=NAME)]


def test_p1_p5_p6_every_door_refuses_weak_common_and_obvious_passwords(door: Door) -> None:
    before = None
    for password, reasons in REFUSED.items():
        said = door(NAME, password)
        assert [reason for reason in reasons if reason not in said] == [], said
        before = hashes() if before is None else before
        assert hashes() == before


@pytest.mark.parametrize("password", [ASTRIDE, OF_73_BYTES, LONGEST], ids=["é", "73", "4096"])
def test_p2_p3_every_door_stores_all_of_a_long_password(door: Door, password: str) -> None:
    assert door(NAME, password) == ""
    stored = User.objects.get(username=NAME)
    assert stored.check_password(password)
    assert not stored.check_password(password[:-1] + "e")
    assert not stored.check_password(password[:-1])


def test_p3_every_door_refuses_what_is_longer_than_the_longest(door: Door) -> None:
    assert "4096 characters" in door(NAME, LONGEST + "x")
