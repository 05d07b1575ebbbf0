"""A whole search on the Atlas engine: its legs at once, and without those that cannot answer."""

import threading
from collections.abc import Callable

import pytest

from kbsite.documents import Document
from knowledge import providers
from knowledge.providers import ProviderError
from knowledge.search import atlas_indexes, legs, running
from knowledge.search.atlas import AtlasEngine
from knowledge.search.timing import Stopwatch
from tests.fakes.embedder import WordEmbedder
from tests.fakes.search_node import SearchNode
from tests.knowledge.search.atlas_asking import FILTERS, IDS, TOO_SLOW, VECTORS, chunk


@pytest.fixture
def searched(atlas: AtlasEngine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], legs.Found]:
    monkeypatch.setattr(running, "_running", atlas)
    monkeypatch.setattr(providers, "embedder", lambda: WordEmbedder())
    return lambda: legs.search("which port", FILTERS, Stopwatch())


def test_a_search_joins_its_legs(node: SearchNode, searched: Callable[[], legs.Found]) -> None:
    node.found = {atlas_indexes.PASSAGES: [chunk(1), chunk(2)], VECTORS: [chunk(2), chunk(3)]}
    found = searched()
    assert [hit.chunk_id for hit in found.fused] == [IDS[2], IDS[3], IDS[1]]
    assert found.degraded == ()


@pytest.mark.parametrize(
    ("missing", "degraded"),
    [(VECTORS, "keyword_only"), (atlas_indexes.PASSAGES, "meaning_only")],
)
def test_a_search_does_with_one_leg_and_says_so(
    node: SearchNode, searched: Callable[[], legs.Found], missing: str, degraded: str
) -> None:
    del node.indexes[missing]
    node.found = {atlas_indexes.PASSAGES: [chunk(1)], VECTORS: [chunk(1)]}
    found = searched()
    assert [hit.chunk_id for hit in found.fused] == [IDS[1]]
    assert found.degraded == (degraded,)


def test_a_search_does_without_cosines(
    node: SearchNode, searched: Callable[[], legs.Found]
) -> None:
    node.found = {atlas_indexes.PASSAGES: [chunk(1)], VECTORS: [chunk(1)]}
    node.refuse = lambda command: TOO_SLOW if "find" in command else None
    found = searched()
    assert [hit.chunk_id for hit in found.fused] == [IDS[1]]
    assert found.cosines == {}


def test_a_search_does_without_knowing_what_is_written(
    node: SearchNode, searched: Callable[[], legs.Found]
) -> None:
    node.found = {atlas_indexes.PASSAGES: [chunk(1)], VECTORS: [chunk(1)]}
    node.refuse = lambda command: TOO_SLOW if "$literal" in str(command) else None
    found = searched()
    assert (found.written, found.degraded) == (None, ("words_unchecked",))


def test_a_search_without_any_leg_is_busy(
    node: SearchNode, searched: Callable[[], legs.Found]
) -> None:
    node.refuse = lambda command: TOO_SLOW if "$list" not in str(command) else None
    with pytest.raises(ProviderError):
        searched()


def test_the_legs_wait_at_the_same_time(
    node: SearchNode, searched: Callable[[], legs.Found]
) -> None:
    all_three = threading.Barrier(3, timeout=10)

    def meet(command: Document) -> None:
        stage = str(command.get("pipeline"))
        if any(leg in stage for leg in ("title", "$literal", "$vectorSearch")):
            all_three.wait()

    node.refuse = meet
    assert searched().degraded == ()
