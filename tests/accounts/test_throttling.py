"""How tries are counted, whatever it is that is tried."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from unittest.mock import patch

import pytest

from accounts.throttling import HOUR, MINUTE, Rule, TooMany, count

pytestmark = pytest.mark.usefixtures("db")

RULE = Rule("tests", ((3, MINUTE), (4, HOUR)))
STARTED = time.time()


@contextmanager
def after(seconds: float) -> Iterator[None]:
    with patch("time.time", return_value=STARTED + seconds):
        yield


def tries(number: int, *, rule: Rule = RULE, key: object = "ada") -> list[int]:
    """How long each is to wait; 0 for those that are counted."""
    return [wait_for(rule, key) for _ in range(number)]


def wait_for(rule: Rule, key: object) -> int:
    try:
        count(rule, key)
    except TooMany as error:
        return error.wait
    return 0


def test_r1_what_a_short_window_refuses_uses_nothing_of_a_longer_one() -> None:
    with after(0):
        assert tries(100) == [0] * 3 + [MINUTE] * 97
    with after(MINUTE + 1):
        assert tries(1) == [0]


def test_r1_what_a_long_window_refuses_uses_nothing_of_a_shorter_one() -> None:
    with after(0):
        tries(3)
    with after(HOUR - 2):
        assert tries(4) == [0] + [2] * 3
    with after(HOUR + 1):
        assert tries(3) == [0, 0, MINUTE - 3]


def test_the_wait_is_that_of_the_windows_that_are_full() -> None:
    with after(0):
        tries(1)
    with after(MINUTE + 1):
        assert tries(4) == [0] * 3 + [HOUR - MINUTE - 1]


def test_r1_first_tries_at_once_are_all_counted_and_none_refused() -> None:
    rule = Rule("tests", ((20, MINUTE),))
    for key in range(10):
        assert tries_at_once(rule, key) == [0] * 16
        assert tries(5, rule=rule, key=key).count(0) == 4


def test_r1_tries_at_once_that_a_short_window_refuses_use_nothing_of_a_longer_one() -> None:
    rule = Rule("tests", ((3, MINUTE), (6, HOUR)))
    for key in range(10):
        with after(0):
            assert tries_at_once(rule, key).count(0) == 3
        with after(MINUTE + 1):
            assert tries(3, rule=rule, key=key) == [0] * 3


def tries_at_once(rule: Rule, key: object) -> list[int]:
    start = Barrier(16)

    def one(_: int) -> int:
        start.wait(30)
        return wait_for(rule, key)

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(16)))
