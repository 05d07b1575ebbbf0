"""A process that has just started says so, then searches by meaning, then by everything."""

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from knowledge.access import Scope
from knowledge.models import Article
from knowledge.providers import WarmingUp
from knowledge.search import loading, local, running
from knowledge.search.legs import MEANING_ONLY
from knowledge.search.retrieve import retrieve

PATIENCE = 20.0


class Gate:
    """Holds up a reading of articles until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.opened, self.reached = threading.Event(), threading.Event()
        read = getattr(module, name)

        def held(*arguments: Any, **named: Any) -> Any:
            self.reached.set()
            assert self.opened.wait(PATIENCE)
            return read(*arguments, **named)

        monkeypatch.setattr(module, name, held)


@pytest.fixture
def vectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch, local, "load_vectors")
    yield gate
    gate.opened.set()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch, loading, "load_workspace")
    yield gate
    gate.opened.set()


@pytest.fixture
def zoo(publish: Callable[..., Article]) -> None:
    """An article that an engine of an earlier process had indexed."""
    publish("Zoo", "We have elephants.")
    running.stop_engine()


@pytest.mark.usefixtures("zoo")
def test_pythons_collector_rests_only_while_the_vectors_are_read(
    vectors: Gate, words: Gate
) -> None:
    running.start_engine()
    assert vectors.reached.wait(PATIENCE)
    assert not gc.isenabled()
    vectors.opened.set()
    assert words.reached.wait(PATIENCE)
    assert gc.isenabled()


@pytest.mark.usefixtures("zoo")
def test_until_anything_was_read_page_and_health_say_that_it_warms_up(
    vectors: Gate, client: Client, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_PATIENCE_SECONDS", 0.0)
    running.start_engine(warm=True)
    with pytest.raises(WarmingUp):
        retrieve(question="elephants", scope=scope)
    page = client.get("/w/team/?q=elephants", headers={"accept": "text/html"})
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert "The search is warming up." in page.content.decode()
    health = client.get("/healthz")
    assert (health.status_code, health.json()["search"]["state"]) == (200, "warming")
    assert health.json()["status"] == "warming"


@pytest.mark.usefixtures("zoo")
def test_until_the_words_are_indexed_it_searches_by_meaning_and_says_so(
    words: Gate, scope: Scope
) -> None:
    running.start_engine(warm=True)
    assert words.reached.wait(PATIENCE)
    found = retrieve(question="elephants", scope=scope)
    assert [passage.title for passage in found.passages] == ["Zoo"]
    assert found.degraded == (MEANING_ONLY,)
    words.opened.set()
    assert running.wait_until_current(PATIENCE)
    assert retrieve(question="elephants", scope=scope).degraded == ()
    assert running.engine_status()["state"] == "ready"


@pytest.mark.usefixtures("zoo")
def test_a_search_that_comes_a_moment_too_early_waits_for_the_first_look(
    vectors: Gate, scope: Scope
) -> None:
    running.start_engine(warm=True)
    assert vectors.reached.wait(PATIENCE)
    threading.Timer(0.05, vectors.opened.set).start()
    assert retrieve(question="elephants", scope=scope).passages


@pytest.mark.usefixtures("zoo")
def test_t2_the_first_look_finds_only_what_may_be_found(words: Gate, scope: Scope) -> None:
    Article.objects.update(status="draft")
    running.start_engine(warm=True)
    assert words.reached.wait(PATIENCE)
    assert running.engine_status()["chunks"] == 0
    assert not retrieve(question="elephants", scope=scope).passages
