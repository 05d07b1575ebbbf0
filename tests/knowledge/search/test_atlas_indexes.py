"""Search indexes come about, change and are waited for; against the stand-in."""

from collections.abc import Iterator
from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pymongo.errors import PyMongoError
from pytest_django import Settings

from kbsite import mongo
from kbsite.documents import Document
from knowledge.providers import ProviderError
from knowledge.search import running
from knowledge.search.atlas_indexes import (
    ARTICLES,
    IndexesNotReady,
    SearchIndex,
    ensure_search_indexes,
    has_search_nodes,
    same,
    search_indexes,
    wait_until_queryable,
)
from tests.fakes.search_node import SearchNode

WANTED = search_indexes([64])
NAMES = ["articles_search", "chunks_text", "chunks_vector_64"]


@pytest.fixture
def node() -> Iterator[SearchNode]:
    with SearchNode() as running_node:
        yield running_node


def ensure(node: SearchNode, wanted: list[SearchIndex] = WANTED) -> list[str]:
    said: list[str] = []
    ensure_search_indexes(node.client["kb"], wanted, say=said.append)
    return said


def wait(node: SearchNode, timeout: float = 10) -> list[str]:
    said: list[str] = []
    database = node.client["kb"]
    wait_until_queryable(database, WANTED, timeout=timeout, say=said.append, poll=0)
    return said


def sent(node: SearchNode, name: str) -> list[Document]:
    return [one for one in node.commands if name in one]


def test_missing_indexes_are_created_and_a_second_deploy_changes_nothing(node: SearchNode) -> None:
    assert [line.split(":")[0] for line in ensure(node)] == NAMES
    assert sorted(node.indexes) == NAMES
    types = [one["indexes"][0].get("type") for one in sent(node, "createSearchIndexes")]
    assert types == ["search", "search", "vectorSearch"]
    assert ensure(node) == []


def test_waiting_tells_queued_from_building_from_queryable(node: SearchNode) -> None:
    ensure(node, WANTED[:1])
    node.indexes |= {one.name: ready(one) for one in WANTED[1:]}
    assert [line for line in wait(node) if ARTICLES in line] == [
        f"{ARTICLES}: {state}" for state in ("queued", "building", "queryable")
    ]


def test_a_changed_definition_is_updated_while_the_old_one_serves(node: SearchNode) -> None:
    node.indexes = {one.name: ready(one) for one in WANTED}
    old: Any = deepcopy(WANTED[0].definition)
    del old["mappings"]["fields"]["summary"]
    node.indexes[ARTICLES]["latestDefinition"] = old
    [said] = ensure(node)
    assert "the old definition serves" in said
    assert node.indexes[ARTICLES]["queryable"]
    [asked] = sent(node, "updateSearchIndex")
    assert asked["definition"] == WANTED[0].definition
    assert wait(node)[-1] == f"{ARTICLES}: queryable"
    assert sent(node, "dropSearchIndex") == []


def test_a_failed_index_is_made_anew(node: SearchNode) -> None:
    node.indexes = {one.name: ready(one) for one in WANTED}
    node.indexes[ARTICLES] |= {"status": "FAILED", "queryable": False}
    ensure(node)
    assert node.indexes[ARTICLES]["status"] == "PENDING"


def test_an_index_that_failed_while_an_old_definition_serves_is_not_dropped(
    node: SearchNode,
) -> None:
    node.indexes = {one.name: ready(one) for one in WANTED}
    node.indexes[ARTICLES] |= {"status": "FAILED"}
    with pytest.raises(IndexesNotReady, match="articles_search is failed"):
        wait(node)
    ensure(node)
    assert node.indexes[ARTICLES]["queryable"]
    assert len(sent(node, "updateSearchIndex")) == 1


def test_an_index_of_vectors_that_nobody_makes_any_more_is_removed_and_no_other(
    node: SearchNode,
) -> None:
    others = [*search_indexes([64, 1024]), SearchIndex("chunks", "somebodys_own", "search", {})]
    node.indexes = {one.name: ready(one) for one in others}
    ensure(node)
    assert sorted(node.indexes) == [*NAMES, "somebodys_own"]


def test_waiting_ends_in_time_and_names_what_is_not_ready(node: SearchNode) -> None:
    ensure(node)
    with pytest.raises(IndexesNotReady, match="articles_search is queued"):
        wait(node, timeout=-1)


def test_waiting_for_an_index_that_failed_is_given_up_at_once(node: SearchNode) -> None:
    node.indexes = {one.name: ready(one) for one in WANTED}
    node.indexes[ARTICLES] |= {"status": "FAILED", "queryable": False}
    with pytest.raises(IndexesNotReady, match="articles_search is failed"):
        wait(node)


def ready(index: SearchIndex) -> Document:
    definition = {**with_defaults(), **index.definition}
    named = {"name": index.name, "collection": index.collection, "latestDefinition": definition}
    return {**named, "status": "READY", "queryable": True}


def with_defaults() -> Document:
    return {"analyzer": "lucene.standard", "storedSource": False}


def test_a_servers_defaults_are_no_difference_but_a_field_is() -> None:
    wanted = WANTED[0].definition
    assert same(wanted, {**wanted, **with_defaults()})
    more: Any = deepcopy(wanted)
    more["mappings"]["fields"]["more"] = {"type": "token"}
    assert not same(wanted, more)
    assert not same(WANTED[2].definition, search_indexes([65])[2].definition)


def test_each_length_of_vectors_has_an_index_of_its_own() -> None:
    names = [one.name for one in search_indexes([1024, 384, 384])]
    assert names[2:] == ["chunks_vector_384", "chunks_vector_1024"]


@pytest.mark.parametrize("code", [31082, 40324])
def test_a_server_without_search_nodes_is_told_by_its_answer(node: SearchNode, code: int) -> None:
    node.refuse = lambda command: {"code": code, "errmsg": "no"}
    assert not has_search_nodes(node.client["kb"])
    node.refuse = lambda command: {"code": 6, "errmsg": "the search node does not answer"}
    with pytest.raises(PyMongoError):
        has_search_nodes(node.client["kb"])


def test_a_user_who_may_not_ask_is_told_which_right_is_missing(
    node: SearchNode, caplog: pytest.LogCaptureFixture
) -> None:
    node.refuse = lambda command: {"code": 13, "errmsg": "not authorized"}
    assert not has_search_nodes(node.client["kb"])
    assert "readWrite" in caplog.text


# which engine


def test_the_embedded_server_has_no_search_nodes_and_searches_locally(db: None) -> None:
    assert running.chosen_kind() == "local"
    call_command("ensure_indexes", wait=True, stdout=StringIO())


def test_a_setting_decides_without_asking(settings: Settings) -> None:
    settings.SEARCH_ENGINE = "atlas"
    assert running.chosen_kind() == "atlas"


def test_no_engine_is_chosen_in_the_dark(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(database: object) -> bool:
        raise PyMongoError

    monkeypatch.setattr(running, "has_search_nodes", silent)
    with pytest.raises(ProviderError):
        running.chosen_kind()


# the command


def test_the_command_makes_the_search_indexes_and_waits(
    node: SearchNode, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEARCH_ENGINE = "atlas"
    monkeypatch.setattr(mongo, "database", lambda: node.client["kb"])
    monkeypatch.setattr("kbsite.management.commands.ensure_indexes.database", mongo.database)
    monkeypatch.setattr(
        "kbsite.management.commands.ensure_indexes.ensure_collections", lambda database: []
    )
    monkeypatch.setattr("knowledge.search.atlas_indexes._POLL_SECONDS", 0.0)
    told = StringIO()
    call_command("ensure_indexes", wait=True, stdout=told)
    assert told.getvalue().count(": queryable") == 3
    node.indexes[ARTICLES] |= {"status": "PENDING", "queryable": False}
    with pytest.raises(CommandError, match="articles_search"):
        call_command("ensure_indexes", wait=True, timeout=-1, stdout=told)
