"""What a search engine is, and the hits it returns: ids with ranks or relevance, never text.

Engines are `local.py` (one machine) and, for a site that outgrew it, Atlas. What becomes of the
hits is `fusion.py` and `retrieve.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

from bson import ObjectId

from knowledge.access import Scope
from knowledge.providers import Vectors

Kind = Literal["local", "atlas"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a leg may look at, applied before it ranks anything.

    A hit is published, its workspace and visibility are granted by `scope`, it has every one of
    `tags`, and is in `category` where one is given.
    """

    scope: Scope
    tags: frozenset[str] = frozenset()
    category: str = ""

    @property
    def workspace_ids(self) -> list[str]:
        """The workspaces to look in; a grant on what cannot be a workspace is none (T2)."""
        return sorted(one for one in self.scope.workspace_ids if ObjectId.is_valid(one))

    @property
    def workspaces(self) -> list[ObjectId]:
        """The same as ids."""
        return [ObjectId(one) for one in self.workspace_ids]

    def shown(self, workspace_id: str) -> frozenset[str]:
        """The visibilities granted there."""
        return self.scope.visibilities(workspace_id)


@dataclass(frozen=True, slots=True)
class ArticleHit:
    """An article that matches; `rank` counts from 1, `strength` is 0..1, of the leg's best."""

    article_id: ObjectId
    rank: int
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class ChunkHit:
    """A chunk that matches; `rank` counts from 1 inside its leg.

    `strength`, 0..1, says how good a match it is next to the leg's best, which has 1: of BM25
    scores the ratio, of opinions `calibration.strength`.
    """

    chunk_id: ObjectId
    article_id: ObjectId
    rank: int
    strength: float = 1.0


class EngineStatus(TypedDict):
    """For /healthz. `lag_seconds`: how old at most the newest change is that search lacks.

    None where the engine cannot tell.
    """

    engine: Kind
    chunks: int
    workspaces: int
    lag_seconds: float | None
    state: Literal["stopped", "warming", "ready", "rebuilding", "failed"]


class Engine(Protocol):
    """Three legs over the same chunks, and what an article is like.

    An empty scope finds nothing in any of them. `recipe` is the embedder's whose vectors are
    searched. Where `remote`, a leg waits for another machine: legs may then run at once, and any
    of them may raise `ProviderError` on its own.
    """

    recipe: str
    remote: bool

    def start(self, *, warm: bool) -> None:
        """Begin to serve; with `warm`, make ready in the background what searches will need."""

    def stop(self) -> None:
        """Serve no more. May be called twice."""

    def prepare(self, *, filters: Filters) -> None:
        """Wait for the index of what will be searched, which may take seconds the first time.

        Raises `ProviderError` while there can be none.
        """

    def articles(self, *, question: str, filters: Filters, limit: int) -> list[ArticleHit]:
        """Articles by BM25 over title, content, summary and tags, best first."""

    def passages(self, *, question: str, filters: Filters, limit: int) -> list[ChunkHit]:
        """Chunks by BM25 over their own text and headings, best first."""

    def nearest(self, *, vector: Vectors, filters: Filters, limit: int) -> list[ChunkHit]:
        """Chunks by cosine to the query's unit `vector`, shape (d,), best first."""

    def unwritten(self, *, question: str, filters: Filters) -> frozenset[str]:
        """Those of `written.telling_words` that no article has which may be looked at."""

    def relevance(
        self, *, vector: Vectors, hits: Sequence[ChunkHit], filters: Filters
    ) -> list[float | None]:
        """Each hit's cosine as a signal, 0..1 (`calibration`); None where it has no vector."""

    def related(self, *, article_id: ObjectId, filters: Filters, limit: int) -> list[ArticleHit]:
        """Articles about the same as this one, by the means of their chunks' vectors, best first.

        Itself aside, and none that is only the least unlike. Never waits: without an index, or
        without vectors for this article, there are none.
        """

    def wait_until_current(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until all that was written before this call can be found.

        False where that cannot be said in time.
        """

    def status(self) -> EngineStatus: ...
