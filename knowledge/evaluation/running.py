"""A corpus in a database of its own, indexed as the site would, and the engine that searches it.

The database is on the site's MongoDB server under another name and is dropped afterwards, whatever
happens short of SIGKILL; the site's own is never touched. Asking is `asking.py`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bson import ObjectId
from django.contrib.auth.models import AnonymousUser
from pymongo.database import Database
from tqdm import tqdm

from kbsite import mongo
from kbsite.collections import ensure_collections
from kbsite.documents import Document
from knowledge import providers, recipes
from knowledge.access import scope_for
from knowledge.editing import create_article
from knowledge.evaluation.databases import advice, left_behind, new_name
from knowledge.evaluation.dataset import Dataset
from knowledge.evaluation.records import DatasetError
from knowledge.indexing import TooManySections, index_article
from knowledge.leasing import lease_next, release
from knowledge.models import Status, Visibility, Workspace
from knowledge.search import fits, remembered, running
from knowledge.search.atlas_indexes import (
    ensure_search_indexes,
    has_search_nodes,
    search_indexes,
    wait_until_queryable,
)
from knowledge.search.engine import Filters, Kind

EngineName = Kind
ENGINES: Final[tuple[EngineName, ...]] = ("local", "atlas")
_SEARCH_NODES_SECONDS: Final = 3_600.0
_QUIET_SECONDS: Final = 30.0
"""How often a progress bar is drawn where nobody watches, as in a log."""


class NoSuchEngine(Exception):
    """The engine that was asked for cannot search here; the message says why."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is indexed: which article is which document, and what `filters` let a search see."""

    filters: Filters
    documents: dict[ObjectId, str]
    chunks: int
    problems: list[str] = field(default_factory=list)


@contextmanager
def searchable(dataset: Dataset, *, engine: Kind = "local") -> Iterator[Corpus]:
    """The corpus, indexed, and the engine running on it.

    Raises `NoSuchEngine`, `DatasetError` where nothing can be indexed, `IndexesNotReady`, and
    `ProviderError`.
    """
    if engine == "atlas" and not has_search_nodes(mongo.database()):
        raise NoSuchEngine(
            "This MongoDB has no search nodes, so there is nothing to search with: use "
            "--engine local, or set MONGODB_URI to a cluster of Atlas."
        )
    for name in left_behind():
        _say(advice(name))
    running.stop_engine()
    remembered.forget()
    own, active = fits.stored(), recipes.read().active
    with mongo.throwaway_database(new_name()) as database, _as_calibrated(own):
        ensure_collections(database)
        mongo.site_settings().insert_one({"_id": recipes.ID, "active": active})
        try:
            corpus = _index(dataset)
            _start_engine(engine, database, corpus)
            yield corpus
        finally:
            running.stop_engine()


@contextmanager
def _as_calibrated(own: Mapping[str, fits.Stored]) -> Iterator[None]:
    """The site's own calibration in the database that is used now."""
    for key, one in own.items():
        fits.store(key, one.fit, one.about)
    fits.forget()
    try:
        yield
    finally:
        fits.forget()


def bar(things: Iterable[Any] | None = None, **how: Any) -> Any:
    """A progress bar on stderr, with the time that is left."""
    often = 0.1 if sys.stderr.isatty() else _QUIET_SECONDS
    total = len(things) if isinstance(things, Sized) else None
    how = {"total": total, "mininterval": often, "dynamic_ncols": True, **how}
    return tqdm(things, file=sys.stderr, **how)


def _start_engine(engine: Kind, database: Database[Document], corpus: Corpus) -> None:
    """Over all that was indexed: search nodes are told only now, and build their indexes once."""
    if engine == "atlas":
        wanted = search_indexes([_embedder().dimensions])
        ensure_search_indexes(database, wanted, say=_say)
        wait_until_queryable(database, wanted, timeout=_SEARCH_NODES_SECONDS, say=_say)
    running.start_engine(warm=False, kind=engine).prepare(filters=corpus.filters)


def _embedder() -> providers.Embedder:
    """That of the vectors the site searches, configured or not. Raises `ProviderError`."""
    return providers.embedder_of(recipes.read().active)


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def _index(dataset: Dataset) -> Corpus:
    workspace = Workspace.objects.create(
        slug="corpus", name=dataset.name, visibility=Visibility.PUBLIC
    )
    problems: list[str] = []
    documents, sizes = _store(dataset, workspace, problems)
    chunks = _embed(sizes, documents, problems)
    if not chunks:
        raise DatasetError(f"{dataset.corpus.name}: no document has any text to search.")
    filters = Filters(scope_for(AnonymousUser(), workspace))
    return Corpus(filters, documents, chunks, problems)


def _store(
    dataset: Dataset, workspace: Workspace, problems: list[str]
) -> tuple[dict[ObjectId, str], dict[ObjectId, int]]:
    """One published article for each document: its id, and its length, by the article's id."""
    documents: dict[ObjectId, str] = {}
    sizes: dict[ObjectId, int] = {}
    for document in bar(dataset.documents(), total=dataset.size, desc="Storing", unit="document"):
        if document.page is None:
            problems.append(f"Left out, because no article can hold it: {document.problem}")
            continue
        page = document.page
        article = create_article(
            workspace=workspace,
            author=None,
            title=page.title,
            content=page.content,
            summary=page.summary,
            tags=page.tags,
            category=page.category,
            status=Status.PUBLISHED,
            visibility=Visibility.PUBLIC,
        )
        documents[article.pk], sizes[article.pk] = document.id, len(page.content) + 1
    return documents, sizes


def _embed(sizes: dict[ObjectId, int], documents: dict[ObjectId, str], problems: list[str]) -> int:
    """Index every article; how many passages that made. The bar counts characters: documents
    differ too much in length to say from them how long the rest will take."""
    embedder, chunks = _embedder(), 0
    with bar(total=sum(sizes.values()), desc="Indexing", unit="char", unit_scale=True) as shown:
        while leased := lease_next("evaluate"):
            size, started = sizes[leased["_id"]], shown.n

            def on_batch(done: int, total: int, size: int = size, started: int = started) -> None:
                shown.update(started + size * done // total - shown.n)

            try:
                chunks += index_article(leased, embedder=embedder, on_batch=on_batch).chunks
            except TooManySections:
                problems.append(f"Left out: {documents[leased['_id']]!r} has too many sections.")
                mongo.articles().update_one({"_id": leased["_id"]}, {"$set": {"pending": False}})
                release(leased)
            shown.update(started + size - shown.n)
    return chunks
