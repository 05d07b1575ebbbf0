"""What search nodes are sent, letter by letter: golden files beside this one.

To renew them after a change that was meant, and then read the difference:
`KB_RENEW_GOLDEN=1 .venv/bin/python -m pytest tests/knowledge/search/test_atlas_pipelines.py`
"""

import json
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from bson import ObjectId, json_util
from hypothesis import given
from hypothesis import strategies as st

from kbsite import mongo
from kbsite.documents import Document
from knowledge.access import Scope
from knowledge.search import atlas_indexes, atlas_pipelines
from knowledge.search.engine import Filters

GOLDEN = Path(__file__).parent / "golden"
ONE, TWO = "65a000000000000000000001", "65a000000000000000000002"
SCOPE = Scope(frozenset({(ONE, "public"), (ONE, "members"), (TWO, "public")}))
NARROW = Filters(SCOPE, frozenset({"App-Router", "caching"}), "Guides")
QUESTION = "How do I configure the cache of the App-Router in café.js?"
VECTOR = np.array([0.6, 0.8, 0.0, 0.0], np.float32)


def asked(name: str, filters: Filters = NARROW, question: str = QUESTION) -> list[Document]:
    recipe = {"recipe": "words@1"}
    if name == "articles":
        return atlas_pipelines.articles(question, filters, limit=30)
    if name == "passages":
        return atlas_pipelines.passages(question, filters, **recipe, limit=50)
    if name == "written":
        return atlas_pipelines.written(question, filters)
    if name == "nearest":
        return atlas_pipelines.nearest(VECTOR, filters, **recipe, limit=50)
    return atlas_pipelines.fused(question, VECTOR, filters, **recipe, each=50, limit=20)


def definitions() -> list[Document]:
    return [
        {"collection": one.collection, "name": one.name, "type": one.type, **one.definition}
        for one in atlas_indexes.search_indexes([1024])
    ]


@pytest.mark.parametrize("name", ["articles", "passages", "nearest", "fused", "written"])
def test_a_pipeline_is_exactly_its_golden_file(name: str) -> None:
    same_as_golden(name, asked(name))


def test_the_indexes_are_exactly_their_golden_file() -> None:
    same_as_golden("indexes", definitions())


def same_as_golden(name: str, made: Any) -> None:
    text = (
        json_util.dumps(
            made, json_options=json_util.RELAXED_JSON_OPTIONS, indent=1, ensure_ascii=False
        )
        + "\n"
    )
    path = GOLDEN / f"{name}.json"
    if os.environ.get("KB_RENEW_GOLDEN"):
        path.write_text(text)
    assert json.loads(text) == json.loads(path.read_text())


@pytest.mark.parametrize("name", ["articles", "passages", "nearest", "fused", "written"])
@pytest.mark.parametrize("scope", [Scope(), Scope(frozenset({("*", "public"), ("", "public")}))])
def test_t2_a_scope_of_nothing_asks_nothing(name: str, scope: Scope) -> None:
    assert asked(name, Filters(scope)) == []


@pytest.mark.parametrize("name", ["articles", "passages", "fused", "written"])
@pytest.mark.parametrize("question", ["", " ", "?"])
def test_a_question_without_words_asks_nothing(name: str, question: str) -> None:
    assert asked(name, question=question) == []


@given(st.text(max_size=200))
def test_c1_a_question_is_only_ever_text_to_look_for(question: str) -> None:
    for name in ("articles", "passages", "written"):
        for stage in asked(name, question=question)[:1]:
            compound, usual = (one["$search"]["compound"] for one in (stage, asked(name)[0]))
            assert compound | {"should": None} == usual | {"should": None}
            texts = [clause.pop("text") for clause in compound["should"]]
            assert all(not clause for clause in compound["should"])
            assert all(isinstance(text["query"], str | list) for text in texts)
            assert {key for text in texts for key in text} <= {"path", "query", "fuzzy", "score"}


@pytest.mark.parametrize("name", ["articles", "passages", "written"])
def test_t1_the_scope_is_inside_what_searches(name: str) -> None:
    first, *others = asked(name)
    looked = [one["$unionWith"]["pipeline"][0] for one in others if "$unionWith" in one]
    assert bool(looked) == (name == "written")
    for stage in [first, *looked]:
        compound = stage["$search"]["compound"]
        grants = compound["filter"][0]["compound"]
        assert (compound["minimumShouldMatch"], grants["minimumShouldMatch"]) == (1, 1)
        named = [one["compound"]["filter"][0]["equals"]["value"] for one in grants["should"]]
        assert named == ([ONE, TWO] if name == "passages" else [ObjectId(ONE), ObjectId(TWO)])


@pytest.mark.parametrize("name", ["passages", "nearest"])
def test_only_chunks_of_the_one_recipe_are_looked_at(name: str) -> None:
    [stage, *_] = asked(name)
    search = stage.get("$search", {}).get("compound") or stage["$vectorSearch"]
    assert "words@1" in json_util.dumps(search["filter"])


def test_filters_use_only_what_the_indexes_hold() -> None:
    articles, passages, vectors = (one.definition for one in atlas_indexes.search_indexes([4]))
    held = {"articles": articles["mappings"]["fields"], "passages": passages["mappings"]["fields"]}
    for name, fields in held.items():
        used = set(paths(asked(name)[0]["$search"]["compound"]))
        assert {path.partition(".")[0] for path in used} <= fields.keys()
    filtered = json_util.dumps(asked("nearest")[0]["$vectorSearch"]["filter"])
    filters = {one["path"] for one in vectors["fields"] if one["type"] == "filter"}
    assert all(f'"{path}"' in filtered for path in filters)


def paths(clause: Any) -> list[str]:
    """Every path that a clause names."""
    if isinstance(clause, list):
        return [path for one in clause for path in paths(one)]
    if not isinstance(clause, dict):
        return []
    named = clause.get("path")
    own = [named["value"] if isinstance(named, dict) else named] if named else []
    return own + [path for one in clause.values() for path in paths(one)]


def test_no_leg_of_the_servers_fusion_changes_its_documents() -> None:
    legs = asked("fused")[0]["$rankFusion"]["input"]["pipelines"]
    stages = {next(iter(stage)) for pipeline in legs.values() for stage in pipeline}
    assert stages == {"$search", "$vectorSearch", "$limit"}


@pytest.mark.parametrize("name", ["articles", "passages", "fused"])
def test_a_real_server_takes_the_stages_after_the_search(db: None, name: str) -> None:
    within = {"_id": ObjectId(ONE), "article_id": ObjectId(TWO), "text": "port"}
    mongo.chunks().insert_one(cast("Any", within))
    [found] = mongo.chunks().aggregate(asked(name)[1:])
    assert found["_id"] == ObjectId(ONE)
    assert found.keys() <= {"_id", "article_id"}


def test_a_real_server_joins_the_looks_at_each_word(db: None) -> None:
    mongo.articles().insert_one(cast("Any", {"_id": ObjectId(ONE)}))
    _, *stages = asked("written")
    for one in stages:
        if "$unionWith" in one:
            del one["$unionWith"]["pipeline"][0]  # the search itself
    found = mongo.articles().aggregate(stages)
    assert list(found) == [
        {"word": word} for word in ("configure", "cache", "app", "router", "cafe", "js")
    ]


def test_more_neighbours_are_looked_at_than_asked_for_but_no_more_than_the_server_allows() -> None:
    many = atlas_pipelines.nearest(VECTOR, NARROW, recipe="words@1", limit=1_000_000)
    search = many[0]["$vectorSearch"]
    assert (search["limit"], search["numCandidates"]) == (10_000, 10_000)
