"""The Atlas engine through a real pymongo, against a stand-in that speaks MongoDB's protocol."""

import numpy as np
import pytest

from kbsite.mongo import pack_vector
from knowledge.access import Scope
from knowledge.search import atlas_indexes
from knowledge.search.atlas import AtlasEngine
from knowledge.search.engine import ArticleHit, ChunkHit, Filters
from tests.fakes.embedder import WordEmbedder
from tests.fakes.search_node import SearchNode
from tests.knowledge.search.atlas_asking import (
    FILTERS,
    IDS,
    LEGS,
    VECTOR,
    VECTORS,
    WORKSPACE,
    chunk,
    legs_of,
)


def test_hits_are_in_the_servers_order_ranked_from_one_and_as_strong_as_they_score(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    node.found = {
        atlas_indexes.ARTICLES: [{"_id": IDS[2], "score": 8.0}, {"_id": IDS[1], "score": 2.0}],
        atlas_indexes.PASSAGES: [chunk(4, 3.0), chunk(3, 1.5)],
        VECTORS: [chunk(5, 0.9), chunk(4, 0.6), chunk(3, 0.5), chunk(2, 0.1)],
    }
    ask = legs_of(atlas)
    assert ask["articles"]() == [ArticleHit(IDS[2], 1), ArticleHit(IDS[1], 2, 0.25)]
    assert ask["passages"]() == [ChunkHit(IDS[4], IDS[0], 1), ChunkHit(IDS[3], IDS[0], 2, 0.5)]
    # at right angles, and beyond, is not near
    first, second = ask["nearest"]()
    assert first == ChunkHit(IDS[5], IDS[0], 1)
    # cosines of .8 and .2, of a model without calibration: the root of the ratio of their odds
    assert (second.chunk_id, second.rank) == (IDS[4], 2)
    assert second.strength == pytest.approx(0.25, abs=1e-3)


def test_relevance_is_the_cosine_of_the_stored_vector(node: SearchNode, atlas: AtlasEngine) -> None:
    other = WordEmbedder().embed_query("which harbour")
    node.stored = [{"_id": IDS[1], "article_id": IDS[0], "embedding": pack_vector(other)}]
    hits = [ChunkHit(IDS[2], IDS[0], 1), ChunkHit(IDS[1], IDS[0], 2)]
    absent, found = atlas.relevance(vector=VECTOR, hits=hits, filters=FILTERS)
    assert absent is None
    assert found == pytest.approx(float(VECTOR @ other), abs=1e-6)
    [asked] = [one for one in node.commands if "find" in one]
    assert asked["filter"]["recipe"] == "words@1"
    assert asked["filter"]["workspace_id"] == {"$in": [WORKSPACE]}


def test_related_articles_are_those_whose_centres_are_near(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    turned = np.roll(VECTOR, 1)
    node.found = {VECTORS: [{"_id": IDS[n], "article_id": IDS[n], "score": 0.9} for n in (0, 1, 2)]}
    node.stored = [
        {"article_id": IDS[n], "embedding": pack_vector(vector)}
        for n, vector in enumerate([VECTOR, VECTOR, turned])
    ]
    assert legs_of(atlas)["related"]() == [ArticleHit(IDS[1], 1)]


def test_what_no_article_has_is_unwritten(node: SearchNode, atlas: AtlasEngine) -> None:
    node.found = {atlas_indexes.ARTICLES: [{"word": "port"}]}
    missing = atlas.unwritten(question="Which port has the Kubernetes pod?", filters=FILTERS)
    assert missing == {"kubernetes", "pod"}


def test_a_word_that_was_not_looked_for_is_not_said_to_be_missing(
    node: SearchNode, atlas: AtlasEngine
) -> None:
    many = " ".join(f"w{n}" for n in range(40))
    for question in (
        f"It's {many} and we can't certificates",
        "What's it for?",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
    ):
        missing = atlas.unwritten(question=question, filters=FILTERS)
        sent = str(node.asked("$search")[-1:])
        assert all(f"'query': '{word}'" in sent for word in missing)


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize(
    "scope", [Scope(), Scope(frozenset({("*", "public"), ('{"$ne":""}', "public")}))]
)
def test_t2_an_empty_scope_never_sends_a_command(
    node: SearchNode, atlas: AtlasEngine, leg: str, scope: Scope
) -> None:
    atlas.prepare(filters=Filters(scope))
    assert legs_of(atlas, Filters(scope))[leg]() in ([], [None], {"port"})
    assert [one for one in node.commands if "$listSearchIndexes" not in str(one)] == []


@pytest.mark.parametrize("leg", LEGS)
def test_t1_every_command_names_the_workspaces_that_are_granted_and_no_other(
    node: SearchNode, atlas: AtlasEngine, leg: str
) -> None:
    legs_of(atlas)[leg]()
    sent = [one for one in node.commands if "$listSearchIndexes" not in str(one)]
    assert sent
    assert all(WORKSPACE in str(one) for one in sent)
