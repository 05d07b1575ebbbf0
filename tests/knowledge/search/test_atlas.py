"""The Atlas engine through a real pymongo, against a stand-in that speaks MongoDB's protocol."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from bson import ObjectId

from kbsite.documents import Document
from kbsite.mongo import AWARE, pack_vector
from knowledge import providers
from knowledge.access import Scope
from knowledge.providers import ProviderError
from knowledge.search import atlas_indexes, atlas_readiness, legs, running
from knowledge.search.atlas import AtlasEngine
from knowledge.search.atlas_fusion import NativeFusion
from knowledge.search.engine import ArticleHit, ChunkHit, Filters
from knowledge.search.timing import Stopwatch
from tests.fakes.embedder import WordEmbedder
from tests.fakes.search_node import SearchNode

IDS = [ObjectId(f"65a00000000000000000000{n}") for n in range(6)]
WORKSPACE = "65b000000000000000000001"
FILTERS = Filters(Scope(frozenset({(WORKSPACE, "public")})))
VECTOR = WordEmbedder().embed_query("which port")
VECTORS = atlas_indexes.vector_index(WordEmbedder.dimensions)
NOT_READY = {"code": 8, "errmsg": "cannot query search index while in state INITIAL_SYNC"}
LEGS = ["articles", "passages", "nearest", "unwritten", "related", "relevance"]
TOO_SLOW = {"code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"}


@pytest.fixture
def node() -> Iterator[SearchNode]:
    """With every index ready."""
    with SearchNode() as running_node:
        for one in atlas_indexes.search_indexes([WordEmbedder.dimensions]):
            kept = {"status": "READY", "queryable": True, "latestDefinition": one.definition}
            running_node.indexes[one.name] = {
                "name": one.name, "collection": one.collection, **kept,
            }  # fmt: skip
        yield running_node


@pytest.fixture
def engine(node: SearchNode) -> AtlasEngine:
    database = node.client.get_database("kb", codec_options=AWARE)
    return AtlasEngine(database, recipe=WordEmbedder.recipe, dimensions=WordEmbedder.dimensions)


def chunk(n: int, score: float = 0.9) -> Document:
    return {"_id": IDS[n], "article_id": IDS[0], "score": score}


def legs_of(engine: AtlasEngine, filters: Filters = FILTERS) -> dict[str, Callable[[], Any]]:
    asked: dict[str, Any] = {"filters": filters, "limit": 5}
    hits = [ChunkHit(IDS[1], IDS[0], 1)]
    return {
        "articles": lambda: engine.articles(question="port", **asked),
        "passages": lambda: engine.passages(question="port", **asked),
        "nearest": lambda: engine.nearest(vector=VECTOR, **asked),
        "unwritten": lambda: engine.unwritten(question="which port", filters=filters),
        "related": lambda: engine.related(article_id=IDS[0], **asked),
        "relevance": lambda: engine.relevance(vector=VECTOR, hits=hits, filters=filters),
    }


def test_hits_are_in_the_servers_order_ranked_from_one_and_as_strong_as_they_score(
    node: SearchNode, engine: AtlasEngine
) -> None:
    node.found = {
        atlas_indexes.ARTICLES: [{"_id": IDS[2], "score": 8.0}, {"_id": IDS[1], "score": 2.0}],
        atlas_indexes.PASSAGES: [chunk(4, 3.0), chunk(3, 1.5)],
        VECTORS: [chunk(5, 0.9), chunk(4, 0.6), chunk(3, 0.5), chunk(2, 0.1)],
    }
    ask = legs_of(engine)
    assert ask["articles"]() == [ArticleHit(IDS[2], 1), ArticleHit(IDS[1], 2, 0.25)]
    assert ask["passages"]() == [ChunkHit(IDS[4], IDS[0], 1), ChunkHit(IDS[3], IDS[0], 2, 0.5)]
    # at right angles, and beyond, is not near
    first, second = ask["nearest"]()
    assert first == ChunkHit(IDS[5], IDS[0], 1)
    # cosines of .8 and .2, of a model without calibration: the root of the ratio of their odds
    assert (second.chunk_id, second.rank) == (IDS[4], 2)
    assert second.strength == pytest.approx(0.25, abs=1e-3)


def test_relevance_is_the_cosine_of_the_stored_vector(
    node: SearchNode, engine: AtlasEngine
) -> None:
    other = WordEmbedder().embed_query("which harbour")
    node.stored = [{"_id": IDS[1], "article_id": IDS[0], "embedding": pack_vector(other)}]
    hits = [ChunkHit(IDS[2], IDS[0], 1), ChunkHit(IDS[1], IDS[0], 2)]
    absent, found = engine.relevance(vector=VECTOR, hits=hits, filters=FILTERS)
    assert absent is None
    assert found == pytest.approx(float(VECTOR @ other), abs=1e-6)
    [asked] = [one for one in node.commands if "find" in one]
    assert asked["filter"]["recipe"] == "words@1"
    assert asked["filter"]["workspace_id"] == {"$in": [WORKSPACE]}


def test_related_articles_are_those_whose_centres_are_near(
    node: SearchNode, engine: AtlasEngine
) -> None:
    turned = np.roll(VECTOR, 1)
    node.found = {VECTORS: [{"_id": IDS[n], "article_id": IDS[n], "score": 0.9} for n in (0, 1, 2)]}
    node.stored = [
        {"article_id": IDS[n], "embedding": pack_vector(vector)}
        for n, vector in enumerate([VECTOR, VECTOR, turned])
    ]
    assert legs_of(engine)["related"]() == [ArticleHit(IDS[1], 1)]


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize(
    "scope", [Scope(), Scope(frozenset({("*", "public"), ('{"$ne":""}', "public")}))]
)
def test_t2_an_empty_scope_never_sends_a_command(
    node: SearchNode, engine: AtlasEngine, leg: str, scope: Scope
) -> None:
    engine.prepare(filters=Filters(scope))
    assert legs_of(engine, Filters(scope))[leg]() in ([], [None], {"port"})
    assert [one for one in node.commands if "$listSearchIndexes" not in str(one)] == []


@pytest.mark.parametrize("leg", LEGS)
def test_t1_every_command_names_the_workspaces_that_are_granted_and_no_other(
    node: SearchNode, engine: AtlasEngine, leg: str
) -> None:
    legs_of(engine)[leg]()
    sent = [one for one in node.commands if "$listSearchIndexes" not in str(one)]
    assert sent
    assert all(WORKSPACE in str(one) for one in sent)


@pytest.mark.parametrize("refused", [NOT_READY, TOO_SLOW])
@pytest.mark.parametrize("leg", ["articles", "passages", "nearest", "unwritten"])
def test_a_server_that_cannot_answer_makes_a_leg_busy(
    node: SearchNode, engine: AtlasEngine, leg: str, refused: Document
) -> None:
    engine.prepare(filters=FILTERS)
    node.refuse = lambda command: refused
    with pytest.raises(ProviderError) as caught:
        legs_of(engine)[leg]()
    assert caught.value.code == "busy"


def test_a_lost_connection_makes_a_leg_busy_and_related_articles_none(
    node: SearchNode, engine: AtlasEngine
) -> None:
    engine.prepare(filters=FILTERS)

    def hang_up(command: Document) -> None:
        raise ConnectionResetError

    node.refuse = hang_up
    with pytest.raises(ProviderError):
        legs_of(engine)["nearest"]()
    assert legs_of(engine)["related"]() == []
    assert engine.status()["state"] == "warming"


def test_each_leg_tells_the_server_how_long_it_may_take(
    node: SearchNode, engine: AtlasEngine
) -> None:
    for leg in legs_of(engine).values():
        leg()
    assert all(0 < one["maxTimeMS"] <= 5_000 for one in node.commands)


def test_a_missing_index_is_not_taken_for_an_empty_one(
    node: SearchNode, engine: AtlasEngine
) -> None:
    del node.indexes[VECTORS]
    ask = legs_of(engine)
    assert ask["passages"]() == []
    with pytest.raises(ProviderError, match="being built"):
        ask["nearest"]()
    assert node.asked("$vectorSearch") == []
    assert engine.status()["state"] == "rebuilding"


def test_what_no_article_has_is_unwritten(node: SearchNode, engine: AtlasEngine) -> None:
    node.found = {atlas_indexes.ARTICLES: [{"word": "port"}]}
    missing = engine.unwritten(question="Which port has the Kubernetes pod?", filters=FILTERS)
    assert missing == {"kubernetes", "pod"}


def test_a_word_that_was_not_looked_for_is_not_said_to_be_missing(
    node: SearchNode, engine: AtlasEngine
) -> None:
    many = " ".join(f"w{n}" for n in range(40))
    for question in (
        f"It's {many} and we can't certificates",
        "What's it for?",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
    ):
        missing = engine.unwritten(question=question, filters=FILTERS)
        sent = str(node.asked("$search")[-1:])
        assert all(f"'query': '{word}'" in sent for word in missing)


def test_a_search_does_without_knowing_what_is_written(
    node: SearchNode, searched: Callable[[], legs.Found]
) -> None:
    node.found = {atlas_indexes.PASSAGES: [chunk(1)], VECTORS: [chunk(1)]}
    node.refuse = lambda command: TOO_SLOW if "$literal" in str(command) else None
    found = searched()
    assert (found.written, found.degraded) == (None, ("words_unchecked",))


def test_without_any_index_a_search_says_so(node: SearchNode, engine: AtlasEngine) -> None:
    node.indexes.clear()
    with pytest.raises(ProviderError, match="being built"):
        engine.prepare(filters=FILTERS)
    assert engine.status()["state"] == "warming"


def test_an_index_that_became_ready_is_noticed(
    node: SearchNode, engine: AtlasEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas_readiness, "_UNREADY_SECONDS", 0.0)
    node.indexes[VECTORS] |= {"queryable": False, "status": "BUILDING"}
    assert engine.status()["state"] == "rebuilding"
    assert engine.status()["state"] == "ready"


def test_the_server_is_not_asked_for_its_indexes_at_every_search(
    node: SearchNode, engine: AtlasEngine
) -> None:
    for _ in range(3):
        engine.prepare(filters=FILTERS)
        legs_of(engine)["articles"]()
    assert len(node.asked("$listSearchIndexes")) == 2


def test_a_server_that_does_not_answer_is_asked_once_for_many_searches(
    node: SearchNode, engine: AtlasEngine
) -> None:
    node.refuse = lambda command: TOO_SLOW
    for _ in range(3):
        with pytest.raises(ProviderError):
            engine.prepare(filters=FILTERS)
    assert len(node.commands) == 1


# both legs of a search


@pytest.fixture
def searched(engine: AtlasEngine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], legs.Found]:
    monkeypatch.setattr(running, "_running", engine)
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


# the server's own fusion, which no search uses


@pytest.mark.parametrize(
    ("version", "refused", "available"),
    [([8, 2, 0, 0], None, True), ([8, 0, 4, 0], None, False), ([8, 2, 0, 0], NOT_READY, False)],
)
def test_the_servers_fusion_is_found_by_trying_it_once(
    node: SearchNode, version: list[int], refused: Document | None, available: bool
) -> None:
    node.version = version
    node.refuse = lambda command: refused if "$rankFusion" in str(command) else None
    fusion = NativeFusion(node.client["kb"], recipe="words@1")
    assert [fusion.available, fusion.available] == [available, available]
    assert len(node.commands) <= 2


def test_the_servers_fusion_comes_out_as_hits(node: SearchNode) -> None:
    node.found = {"$rankFusion": [chunk(2), chunk(1)]}
    fusion = NativeFusion(node.client["kb"], recipe="words@1")
    asked: dict[str, Any] = {"question": "port", "vector": VECTOR, "each": 50, "limit": 20}
    hits = fusion.fused(**asked, filters=FILTERS)
    assert [(hit.chunk_id, hit.rank) for hit in hits] == [(IDS[2], 1), (IDS[1], 2)]
    assert fusion.fused(**asked, filters=Filters(Scope())) == []
