"""The search engine inside this process: BM25 and exact vectors, one index per workspace.

Derived from MongoDB and thrown away with the process. Each workspace is built when it is first
searched (or when the engine warms up) and kept fresh by the feed. Results may lag behind the
database: they are ids, and `passages.py` reads what they name through the reader's scope.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Final

from bson import ObjectId
from pymongo.database import Database

from kbsite.collecting import without_collecting
from kbsite.documents import Document
from knowledge.providers import ProviderError, Vectors, WarmingUp
from knowledge.search import calibration, loading, written
from knowledge.search.engine import ArticleHit, ChunkHit, EngineStatus, Filters
from knowledge.search.feed import Feed
from knowledge.search.first_look import load_vectors
from knowledge.search.loading import LoadedArticle
from knowledge.search.term_index import Match, Narrowing, TermReader
from knowledge.search.workspace_index import Snapshot, WorkspaceIndex

_OPEN_SECONDS: Final = 30.0
_ID_CHARS: Final = 24
_PATIENCE_SECONDS: Final = 1.0
"""How long a search waits for a process that has just started, before its asker is told so."""
_RETRY_SECONDS: Final = 2
_WARMING: Final = (
    "The site has just been started and is still reading its articles. Nothing was lost: ask"
    " again in a few seconds."
)


class LocalEngine:
    """Implements `Engine`. `recipe` and `dimensions` are the embedder's."""

    remote = False

    def __init__(self, database: Database[Document], *, recipe: str, dimensions: int) -> None:
        self.recipe = recipe
        self._database = database
        self._dimensions = dimensions
        self._indexes: dict[str, WorkspaceIndex] = {}
        self._lock = threading.Lock()
        self._warm = False
        self._feed = Feed(database, rebuild=self._rebuild, apply=self._apply)

    def start(self, *, warm: bool) -> None:
        """Follow the database; with `warm`, build every workspace in the background."""
        self._warm = warm
        self._feed.start()

    def stop(self) -> None:
        self._feed.stop()

    def wait_until_current(self, timeout: float) -> bool:
        """Wait until all that was written before this call can be found."""
        return self._feed.wait_until_current(timeout)

    def status(self) -> EngineStatus:
        built = [index.snapshot for index in list(self._indexes.values()) if index.snapshot]
        return {
            "engine": "local",
            "chunks": sum(len(snapshot.vectors.matrix) for snapshot in built),
            "workspaces": len(built),
            "lag_seconds": round(self._feed.lag_seconds, 3),
            "state": self._feed.state,
        }

    def prepare(self, *, filters: Filters) -> None:
        for _ in self._searched(filters):
            pass

    def articles(self, *, question: str, filters: Filters, limit: int) -> list[ArticleHit]:
        found = [
            _read(snapshot.articles).search(question, narrowing, limit)
            for snapshot, narrowing in self._searched(filters)
        ]
        return [
            ArticleHit(ObjectId(one.key), rank, one.strength)
            for rank, one in enumerate(_interleaved(found)[:limit], start=1)
        ]

    def passages(self, *, question: str, filters: Filters, limit: int) -> list[ChunkHit]:
        found = [
            _read(snapshot.passages).search(question, narrowing, limit)
            for snapshot, narrowing in self._searched(filters)
        ]
        return [
            ChunkHit(
                ObjectId(one.key[_ID_CHARS:]), ObjectId(one.key[:_ID_CHARS]), rank, one.strength
            )
            for rank, one in enumerate(_interleaved(found)[:limit], start=1)
        ]

    def nearest(self, *, vector: Vectors, filters: Filters, limit: int) -> list[ChunkHit]:
        near = chain.from_iterable(
            snapshot.vectors.nearest(vector, narrowing, limit)
            for snapshot, narrowing in self._searched(filters)
        )
        best = sorted(near, key=lambda one: -one.cosine)[:limit]
        strengths = calibration.strengths(self.recipe, [one.cosine for one in best])
        return [
            ChunkHit(one.chunk_id, one.article_id, rank, strength)
            for rank, (one, strength) in enumerate(zip(best, strengths, strict=True), start=1)
        ]

    def unwritten(self, *, question: str, filters: Filters) -> frozenset[str]:
        missing = set(written.telling_words(question))
        for snapshot, narrowing in self._searched(filters):
            missing -= _read(snapshot.articles).written(missing, narrowing)
        return frozenset(missing)

    def relevance(
        self, *, vector: Vectors, hits: Sequence[ChunkHit], filters: Filters
    ) -> list[float | None]:
        wanted = [(hit.article_id, hit.chunk_id) for hit in hits]
        cosines: list[float | None] = [None] * len(hits)
        for snapshot, _ in self._searched(filters):
            found = snapshot.vectors.cosines(vector, wanted)
            cosines = [old if new is None else new for old, new in zip(cosines, found, strict=True)]
        return [
            None if cosine is None else calibration.from_cosine(self.recipe, cosine)
            for cosine in cosines
        ]

    def related(self, *, article_id: ObjectId, filters: Filters, limit: int) -> list[ArticleHit]:
        floor = calibration.related_floor(self.recipe)
        for workspace_id in filters.workspace_ids:
            index = self._indexes.get(workspace_id)
            snapshot = index.snapshot if index else None
            if snapshot and article_id in snapshot.vectors.positions:
                shown = Narrowing(filters.shown(workspace_id), filters.tags, filters.category)
                found = snapshot.vectors.related(article_id, shown, floor=floor, limit=limit)
                return [ArticleHit(one, rank) for rank, one in enumerate(found, start=1)]
        return []

    def _searched(self, filters: Filters) -> Iterator[tuple[Snapshot, Narrowing]]:
        for workspace_id in filters.workspace_ids:
            shown = filters.shown(workspace_id)
            yield self._snapshot(workspace_id), Narrowing(shown, filters.tags, filters.category)

    def _snapshot(self, workspace_id: str) -> Snapshot:
        index = self._index(workspace_id)
        if index.snapshot is not None:
            return index.snapshot
        if self._warm and self._feed.state == "warming":
            # the feed's thread is at it already: a second reader would only slow it down
            if (first := index.wait(_PATIENCE_SECONDS)) is None:
                raise WarmingUp(_WARMING, retry_after=_RETRY_SECONDS)
            return first
        # built any earlier, it could miss a change that nobody tells of
        if not self._feed.wait_until_open(_OPEN_SECONDS):
            raise ProviderError("The search index is not ready yet. Try again soon.", "busy")
        return index.build_once(self._load(workspace_id))

    def _index(self, workspace_id: str) -> WorkspaceIndex:
        with self._lock:
            if workspace_id not in self._indexes:
                self._indexes[workspace_id] = WorkspaceIndex(self._dimensions)
            return self._indexes[workspace_id]

    def _load(self, workspace_id: str) -> Iterator[list[LoadedArticle]]:
        return loading.load_workspace(self._database, workspace_id, recipe=self.recipe)

    def _rebuild(self, lost: bool) -> None:
        """Runs in the feed's thread. Unless it lost track, what is already built is fresh."""
        wanted = set(self._indexes)
        if self._warm:
            wanted.update(loading.workspace_ids(self._database))
        if self._warm and not lost:
            with without_collecting():
                for workspace_id in sorted(wanted):
                    vectors = load_vectors(self._database, workspace_id, recipe=self.recipe)
                    self._index(workspace_id).look(vectors)
        for workspace_id in sorted(wanted):
            index = self._index(workspace_id)
            build = index.build if lost else index.build_once
            build(self._load(workspace_id))

    def _apply(self, changed: set[ObjectId]) -> None:
        """Runs in the feed's thread: read the changed articles again, wherever they belong."""
        loaded: dict[str, list[LoadedArticle]] = defaultdict(list)
        for article in loading.load_articles(self._database, list(changed), recipe=self.recipe):
            loaded[article.workspace_id].append(article)
        unknown = loaded.keys() - self._indexes.keys() if self._warm else set()
        for workspace_id, index in list(self._indexes.items()):
            index.change(gone=changed, loaded=loaded[workspace_id])
        for workspace_id in unknown:
            # now, so that nobody's first search of a new workspace has to wait for it
            self._index(workspace_id).build_once(self._load(workspace_id))


def _read(words: TermReader | None) -> TermReader:
    if words is None:
        raise WarmingUp(_WARMING, retry_after=_RETRY_SECONDS)
    return words


def _interleaved(rankings: Sequence[list[Match]]) -> list[Match]:
    """One ranking of several workspaces: BM25 scores of two indexes cannot be compared."""
    turns = zip_longest(*rankings)
    return [match for turn in turns for match in turn if match is not None]
