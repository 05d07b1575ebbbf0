"""The search indexes that MongoDB's search nodes keep: what they hold, and bringing them about.

They are static: nothing is indexed that is not named here. The server builds them in its own
time and serves an old definition until then. What is asked of them is `atlas_pipelines.py`.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pymongo
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.operations import SearchIndexModel

from kbsite.documents import Document

logger = logging.getLogger(__name__)

ARTICLES: Final = "articles_search"
PASSAGES: Final = "chunks_text"
VECTORS: Final = "chunks_vector"

Condition = Literal["missing", "queued", "building", "updating", "queryable", "failed"]
Say = Callable[[str], object]

_ENGLISH: Final = {"type": "string", "analyzer": "lucene.english"}
# the unstemmed twin is for misspelt words
_SPELT: Final = {**_ENGLISH, "multi": {"spelt": {"type": "string", "analyzer": "lucene.standard"}}}
_KEYWORD: Final = {"type": "string", "analyzer": "lucene.keyword"}
_TOKEN: Final = {"type": "token"}
# `App-Router` is named by the words "app router", as in `terms.label`
_LABEL: Final = {
    "name": "label",
    "tokenizer": {"type": "keyword"},
    "tokenFilters": [
        {"type": "lowercase"},
        {"type": "regex", "pattern": "[\\s_-]+", "replacement": " ", "matches": "all"},
        {"type": "trim"},
    ],
}
_ARTICLE_FIELDS: Final[Document] = {
    # what was indexed, not what was saved since: see `indexing.py`
    "indexed": {
        "type": "document",
        "dynamic": False,
        "fields": {"title": _SPELT, "content": _SPELT},
    },
    "summary": _ENGLISH,
    "tags": {**_KEYWORD, "multi": {"label": {"type": "string", "analyzer": "label"}}},
    "category": _KEYWORD,
    "workspace_id": {"type": "objectId"},
    "status": _TOKEN,
    "visibility": _TOKEN,
}
_NARROWING: Final = ("workspace_id", "visibility", "tags", "category", "status", "recipe")

_ABSENT: Final = {59, 115, 8000, 31082, 40324}
"""Codes by which a server says that it has no search nodes."""
_UNAUTHORIZED: Final = 13
_MAY_NOT_ASK: Final = (
    "MongoDB's user may not list search indexes, so the local engine searches. If the server has "
    "search nodes, grant the user readWrite on the site's database, or set SEARCH_ENGINE."
)
_PROBE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """An index as it should be."""

    collection: str
    name: str
    type: Literal["search", "vectorSearch"]
    definition: Document

    @property
    def model(self) -> SearchIndexModel:
        return SearchIndexModel(definition=self.definition, name=self.name, type=self.type)


@dataclass(frozen=True, slots=True)
class State:
    """An index as the server has it."""

    status: str = ""
    queryable: bool = False
    definition: Mapping[str, Any] = field(default_factory=dict)

    def condition(self, wanted: SearchIndex) -> Condition:
        """`queryable`: with this definition. Else an older one may serve, if `updating` it does."""
        if not self.status:
            return "missing"
        if self.status == "FAILED":
            return "failed"
        if self.queryable and same(wanted.definition, self.definition):
            return "updating" if self.status in ("BUILDING", "PENDING") else "queryable"
        if self.queryable:
            return "updating"
        return "queued" if self.status == "PENDING" else "building"


class IndexesNotReady(Exception):
    """Some index cannot be built, or was not in time; the message names each with its state."""


def vector_index(dimensions: int) -> str:
    """An index holds vectors of one length and leaves out all others, so each length has one.

    The chunks of a new embedding model are indexed beside those of the old one; where both
    models' vectors are equally long they share an index, and the filter on `recipe` parts them.
    """
    return f"{VECTORS}_{dimensions}"


def search_indexes(dimensions: Collection[int]) -> list[SearchIndex]:
    """Every index of a site whose embeddings are that long."""
    passages = {"breadcrumb": _SPELT, "text": _SPELT, **dict.fromkeys(_NARROWING, _TOKEN)}
    return [
        SearchIndex("articles", ARTICLES, "search", _static(_ARTICLE_FIELDS, [_LABEL])),
        SearchIndex("chunks", PASSAGES, "search", _static(passages, [])),
        *map(_of_vectors, sorted(set(dimensions))),
    ]


def has_search_nodes(database: Database[Document]) -> bool:
    """Ask the server, by listing indexes, which only search nodes can.

    No, with a warning, where this user may not ask. Raises pymongo's errors where it does not
    answer: that says nothing either way.
    """
    try:
        with pymongo.timeout(_PROBE_SECONDS):
            list(database["chunks"].list_search_indexes())
    except OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            logger.warning(_MAY_NOT_ASK)
        elif error.code not in _ABSENT:
            raise
        return False
    return True


def states(database: Database[Document]) -> dict[str, State]:
    """What the server has, by name."""
    found = [one for name in ("articles", "chunks") for one in database[name].list_search_indexes()]
    return {
        one["name"]: State(
            status=one.get("status", ""),
            queryable=bool(one.get("queryable")),
            definition=one.get("latestDefinition", {}),
        )
        for one in found
    }


def ensure_search_indexes(
    database: Database[Document], wanted: Sequence[SearchIndex], *, say: Say
) -> None:
    """Create what is missing and change what differs; returns before the server has built it.

    A failed index never recovers by itself. It is built again: beside what serves still, else
    made anew. One of vectors of a length that is not wanted any more is removed.
    """
    found = states(database)
    for name in found.keys() - {index.name for index in wanted}:
        if name.startswith(f"{VECTORS}_"):
            database["chunks"].drop_search_index(name)
            say(f"{name}: removed; no passage has vectors of that length, and no model makes them")
    for index in wanted:
        _ensure(database, index, found.get(index.name, State()), say)


def _ensure(database: Database[Document], index: SearchIndex, state: State, say: Say) -> None:
    failed = state.condition(index) == "failed"
    if failed and not state.queryable:
        _drop(database, index)
        say(f"{index.name}: had failed; removed, to be made anew")
        state = State()
    if not state.status:
        database[index.collection].create_search_index(index.model)
        say(f"{index.name}: created; it is queued")
    elif failed or not same(index.definition, state.definition):
        database[index.collection].update_search_index(index.name, index.definition)
        say(f"{index.name}: changed; the old definition serves until the new one is built")


def wait_until_queryable(
    database: Database[Document],
    wanted: Sequence[SearchIndex],
    *,
    timeout: float,
    say: Say,
    poll: float | None = None,
    keep: Callable[[], object] = lambda: None,
) -> None:
    """Wait until the server answers by these definitions; says whenever one's state changes.

    Raises `IndexesNotReady` after `timeout` seconds, or at once when one has failed.
    """
    deadline = time.monotonic() + timeout
    told: dict[str, Condition] = {}
    while True:
        keep()
        found = states(database)
        now = {one.name: found.get(one.name, State()).condition(one) for one in wanted}
        for name in [name for name in now if now[name] != told.get(name)]:
            say(f"{name}: {now[name]}")
        told = now
        waiting = [f"{name} is {state}" for name, state in now.items() if state != "queryable"]
        if not waiting:
            return
        if "failed" in now.values() or time.monotonic() > deadline:
            raise IndexesNotReady(", ".join(waiting))
        time.sleep(_POLL_SECONDS if poll is None else poll)


def same(wanted: Any, found: Any) -> bool:
    """Whether the server has this definition: it adds defaults of its own, but no fields."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        fields = wanted.get("fields"), found.get("fields")
        if isinstance(fields[0], Mapping) and fields[0].keys() != (fields[1] or {}).keys():
            return False
        return all(key in found and same(value, found[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        alike = [any(same(one, other) for other in found) for one in wanted]
        return len(wanted) == len(found) and all(alike)
    return bool(wanted == found)


def _static(fields: Document, analyzers: list[Document]) -> Document:
    definition: Document = {"mappings": {"dynamic": False, "fields": fields}}
    return {**definition, "analyzers": analyzers} if analyzers else definition


def _of_vectors(dimensions: int) -> SearchIndex:
    vector: Document = {"type": "vector", "path": "embedding", "numDimensions": dimensions}
    vector["similarity"] = "cosine"
    narrowing = [{"type": "filter", "path": path} for path in _NARROWING]
    definition = {"fields": [vector, *narrowing]}
    return SearchIndex("chunks", vector_index(dimensions), "vectorSearch", definition)


def _drop(database: Database[Document], index: SearchIndex, *, poll: float = 1.0) -> None:
    """Drop the index and wait until its name is free again."""
    database[index.collection].drop_search_index(index.name)
    for _ in range(60):
        if index.name not in states(database):
            return
        time.sleep(poll)
    raise IndexesNotReady(f"{index.name} is still being removed")
