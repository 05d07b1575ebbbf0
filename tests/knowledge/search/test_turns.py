"""A few search at once, the others wait in order, and whoever is one too many is told so."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from pytest_django import Settings

from knowledge.providers import Busy
from knowledge.search import turns
from knowledge.search.turns import Turns

PATIENCE = 20.0


class Asker:
    """Somebody who takes a turn and keeps it until told to end."""

    def __init__(self, queue: Turns, pool: ThreadPoolExecutor) -> None:
        self.called, self.may_end = threading.Event(), threading.Event()
        self.result: Future[None] = pool.submit(self._take, queue)

    def _take(self, queue: Turns) -> None:
        with queue.turn():
            self.called.set()
            assert self.may_end.wait(PATIENCE)

    def has_turn(self) -> bool:
        return self.called.wait(PATIENCE)

    def end(self) -> None:
        self.may_end.set()
        self.result.result(PATIENCE)


class Line(deque[threading.Event]):
    """Says when somebody has joined it."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = threading.Semaphore(0)

    def append(self, called: threading.Event) -> None:
        super().append(called)
        self.joined.release()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as threads:
        yield threads


@pytest.fixture
def queue(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Turns:
    settings.SEARCH_AT_ONCE, settings.SEARCH_QUEUE = 1, 32
    turns = Turns()
    monkeypatch.setattr(turns, "_queue", Line())
    return turns


@pytest.fixture
def join(queue: Turns, pool: ThreadPoolExecutor) -> Callable[[int], list[Asker]]:
    """So many more who wait, each having come before the next."""

    def some(number: int) -> list[Asker]:
        return [one for _ in range(number) if (one := Asker(queue, pool)) and _joined(queue)]

    return some


def _joined(queue: Turns) -> bool:
    assert isinstance(queue._queue, Line)
    return queue._queue.joined.acquire(timeout=PATIENCE)


def test_who_came_first_is_first_and_nobody_starves(
    queue: Turns, pool: ThreadPoolExecutor, join: Callable[[int], list[Asker]]
) -> None:
    first = Asker(queue, pool)
    assert first.has_turn()
    others = join(31)
    first.end()
    for asker, later in zip(others, [*others[1:], None], strict=True):
        assert asker.has_turn()
        assert later is None or not later.called.is_set()
        asker.end()


def test_as_many_search_at_once_as_the_setting_says(
    queue: Turns, pool: ThreadPoolExecutor, settings: Settings
) -> None:
    settings.SEARCH_AT_ONCE = 3
    askers = [Asker(queue, pool) for _ in range(3)]
    assert all(asker.has_turn() for asker in askers)
    for asker in askers:
        asker.end()


def test_past_the_queue_one_is_told_when_to_ask_again(
    queue: Turns, pool: ThreadPoolExecutor, join: Callable[[int], list[Asker]], settings: Settings
) -> None:
    settings.SEARCH_QUEUE = 4
    first, *_ = askers = [Asker(queue, pool)]
    assert first.has_turn()
    askers += join(4)
    with pytest.raises(Busy, match="ask again in 2 s") as busy, queue.turn():
        pytest.fail("there was no turn")
    assert (busy.value.code, busy.value.retry_after) == ("busy", 2)
    for asker in askers:
        asker.end()
    with queue.turn():
        pass


def test_who_would_wait_in_vain_is_told_so_at_once(
    queue: Turns,
    pool: ThreadPoolExecutor,
    join: Callable[[int], list[Asker]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, *_ = askers = [Asker(queue, pool)]
    assert first.has_turn()
    askers += join(3)
    monkeypatch.setattr(turns, "WAIT_SECONDS", 1.0)
    with pytest.raises(Busy), queue.turn():
        pytest.fail("three searches of half a second are before it")
    assert queue.waiting == 3
    for asker in askers:
        asker.end()


def test_who_has_waited_too_long_leaves_the_turn_to_the_next(
    queue: Turns,
    pool: ThreadPoolExecutor,
    join: Callable[[int], list[Asker]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Asker(queue, pool)
    assert first.has_turn()
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.0)
    with pytest.raises(Busy), queue.turn():
        pytest.fail("there was no turn")
    monkeypatch.setattr(turns, "WAIT_SECONDS", PATIENCE)
    assert _joined(queue)
    [next_one] = join(1)
    first.end()
    assert next_one.has_turn()
    next_one.end()


def test_a_search_that_fails_gives_its_turn_back(queue: Turns) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.turn():
            raise ZeroDivisionError
