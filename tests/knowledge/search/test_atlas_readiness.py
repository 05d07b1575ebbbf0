"""Search nodes that are not ready, slow or gone: each leg says so, and none waits for long."""

import pytest

from kbsite.documents import Document
from knowledge.providers import ProviderError
from knowledge.search import atlas_readiness
from knowledge.search.atlas import AtlasEngine
from tests.fakes.search_node import SearchNode
from tests.knowledge.search.atlas_asking import FILTERS, NOT_READY, TOO_SLOW, VECTORS, legs_of


@pytest.mark.parametrize("refused", [NOT_READY, TOO_SLOW])
@pytest.mark.parametrize("leg", ["articles", "passages", "nearest", "unwritten"])
def test_a_server_that_cannot_answer_makes_a_leg_busy(
    node: SearchNode, atlas: AtlasEngine, leg: str, refused: Document
) -> None:
    atlas.prepare(filters=FILTERS)
    node.refuse = lambda command: refused
    with pytest.raises(ProviderError) as caught:
        legs_of(atlas)[leg]()
    assert caught.value.code == "busy"


def test_a_lost_connection_makes_a_leg_busy_and_related_articles_none(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    atlas.prepare(filters=FILTERS)

    def hang_up(command: Document) -> None:
        raise ConnectionResetError

    node.refuse = hang_up
    with pytest.raises(ProviderError):
        legs_of(atlas)["nearest"]()
    assert legs_of(atlas)["related"]() == []
    assert atlas.status()["state"] == "warming"


def test_each_leg_tells_the_server_how_long_it_may_take(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    for leg in legs_of(atlas).values():
        leg()
    assert all(0 < one["maxTimeMS"] <= 5_000 for one in node.commands)


def test_a_missing_index_is_not_taken_for_an_empty_one(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    del node.indexes[VECTORS]
    ask = legs_of(atlas)
    assert ask["passages"]() == []
    with pytest.raises(ProviderError, match="being built"):
        ask["nearest"]()
    assert node.asked("$vectorSearch") == []
    assert atlas.status()["state"] == "rebuilding"


def test_without_any_index_a_search_says_so(node: SearchNode, atlas: AtlasEngine) -> None:
    node.indexes.clear()
    with pytest.raises(ProviderError, match="being built"):
        atlas.prepare(filters=FILTERS)
    assert atlas.status()["state"] == "warming"


def test_an_index_that_became_ready_is_noticed(
    node: SearchNode, atlas: AtlasEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas_readiness, "_UNREADY_SECONDS", 0.0)
    node.indexes[VECTORS] |= {"queryable": False, "status": "BUILDING"}
    assert atlas.status()["state"] == "rebuilding"
    assert atlas.status()["state"] == "ready"


def test_the_server_is_not_asked_for_its_indexes_at_every_search(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    for _ in range(3):
        atlas.prepare(filters=FILTERS)
        legs_of(atlas)["articles"]()
    assert len(node.asked("$listSearchIndexes")) == 2


def test_a_server_that_does_not_answer_is_asked_once_for_many_searches(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    node.refuse = lambda command: TOO_SLOW
    for _ in range(3):
        with pytest.raises(ProviderError):
            atlas.prepare(filters=FILTERS)
    assert len(node.commands) == 1
