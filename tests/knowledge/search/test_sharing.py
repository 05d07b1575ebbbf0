"""Who asks the same at the same moment, within the same scope, shares one search."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from knowledge.access import Scope
from knowledge.models import Article, Visibility, Workspace
from knowledge.search import retrieve as retrieving
from knowledge.search.retrieve import Retrieval, retrieve
from knowledge.search.sharing import Sharing

PATIENCE = 20.0


class Held:
    """Work that waits to be let go, and counts who does it."""

    def __init__(self) -> None:
        self.begun, self.released, self.done = threading.Semaphore(0), threading.Event(), 0

    def __call__(self) -> int:
        self.begun.release()
        assert self.released.wait(PATIENCE)
        self.done += 1
        return self.done


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def joined(sharing: Sharing[str, int], monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released by each who begins to wait for another's work."""
    waiting, real = threading.Semaphore(0), Future.result

    def result(self: Future[int], timeout: float | None = None) -> int:
        if self in sharing._running.values():
            waiting.release()
        return real(self, timeout)

    monkeypatch.setattr(Future, "result", result)
    return waiting


def test_the_same_at_the_same_time_is_done_once(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing, work = Sharing[str, int](), Held()
    waiting = joined(sharing, monkeypatch)
    asked = [threads.submit(sharing.share, "a", work, timeout=PATIENCE) for _ in range(4)]
    for _ in range(3):
        assert waiting.acquire(timeout=PATIENCE)
    work.released.set()
    assert sorted(one.result() for one in asked) == [(1, False), (1, True), (1, True), (1, True)]
    assert sharing.share("a", work, timeout=0) == (2, False), "later is not at the same time"


def test_what_goes_wrong_goes_wrong_for_all_and_is_then_forgotten(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing, released = Sharing[str, int](), threading.Event()
    waiting = joined(sharing, monkeypatch)

    def fail() -> int:
        assert released.wait(PATIENCE)
        raise ZeroDivisionError

    asked = [threads.submit(sharing.share, "a", fail, timeout=PATIENCE) for _ in range(2)]
    assert waiting.acquire(timeout=PATIENCE)
    released.set()
    assert all(isinstance(one.exception(), ZeroDivisionError) for one in asked)
    assert sharing.share("a", lambda: 7, timeout=0) == (7, False)


def test_who_has_waited_long_enough_leaves_the_others_to_it(threads: ThreadPoolExecutor) -> None:
    sharing, work = Sharing[str, int](), Held()
    first = threads.submit(sharing.share, "a", work, timeout=PATIENCE)
    assert work.begun.acquire(timeout=PATIENCE)
    with pytest.raises(TimeoutError):
        sharing.share("a", work, timeout=0)
    work.released.set()
    assert first.result() == (1, False)


def test_t1_a_search_is_not_shared_with_another_scope(
    publish: Callable[..., Article],
    workspace: Workspace,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish("Zoo", "We have elephants.", visibility=Visibility.MEMBERS)
    visitor = Scope(frozenset({(str(workspace.pk), "public")}))
    member = Scope(visitor.grants | {(str(workspace.pk), "members")})
    both, real = threading.Barrier(2), retrieving._retrieve

    def at_once(*asked: object) -> Retrieval:
        both.wait(PATIENCE)
        return real(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(retrieving, "_retrieve", at_once)
    ask = [threads.submit(retrieve, question="elephants", scope=one) for one in (visitor, member)]
    assert [len(one.result().passages) for one in ask] == [0, 1]


def test_t6_what_was_withdrawn_while_it_was_searched_for_is_not_shown_to_who_joined(
    publish: Callable[..., Article], scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("Zoo", "We have elephants.")
    found = retrieve(question="elephants", scope=scope)
    stale = retrieving._Begun(datetime.now(UTC), found)
    monkeypatch.setattr(retrieving._sharing, "share", lambda *_, **__: (stale, True))
    assert retrieve(question="elephants", scope=scope).passages
    Article.objects.update(visibility=Visibility.PRIVATE)
    assert not retrieve(question="elephants", scope=scope).passages
