"""The vectors of one workspace's chunks at one moment, searched exactly.

Immutable, so that any number of threads search it while the next one is made. Cosines stay in
this package's engine: `local.py` turns them into ranks and relevance.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

import numpy as np
from bson import ObjectId
from numpy.typing import NDArray

from knowledge.providers import Vectors
from knowledge.search.loading import LoadedArticle
from knowledge.search.term_index import Narrowing

_TINY: Final = 1e-9


class Near(NamedTuple):
    """A chunk and its cosine to the query."""

    cosine: float
    chunk_id: ObjectId
    article_id: ObjectId


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """What filters compare, and the article's chunks in the order of their rows.

    `centre` is the unit mean of their vectors, or zeros where there are none.
    """

    article_id: ObjectId
    visibility: str
    tags: frozenset[str]
    category: str
    chunk_ids: tuple[ObjectId, ...]
    centre: Vectors = field(compare=False, repr=False)

    def matches(self, narrowing: Narrowing) -> bool:
        return (
            self.visibility in narrowing.visibilities
            and narrowing.tags <= self.tags
            and (not narrowing.category or narrowing.category == self.category)
        )


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Unit vectors as one matrix of shape (chunks, dimensions), float32.

    The rows of `articles[i]` are `starts[i]` to `starts[i + 1]`. A chunk that another model
    embedded has a row of zeros, which is near to nothing.
    """

    articles: tuple[IndexedArticle, ...]
    starts: NDArray[np.int64]
    matrix: Vectors
    positions: dict[ObjectId, int] = field(default_factory=dict)
    _hidden: dict[Narrowing, NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def empty(cls, dimensions: int) -> Self:
        return cls((), np.zeros(1, np.int64), np.zeros((0, dimensions), np.float32))

    def changed(
        self, *, gone: Collection[ObjectId], loaded: Sequence[LoadedArticle]
    ) -> "VectorIndex":
        """Without the articles `gone`, with those `loaded` (which are among `gone` if known)."""
        kept = [article.article_id not in gone for article in self.articles]
        rows = np.repeat(np.array(kept, bool), np.diff(self.starts))
        new = [block(one, self.matrix.shape[1]) for one in loaded]
        articles = (
            *(one for one, stays in zip(self.articles, kept, strict=True) if stays),
            *(_indexed(one, rows) for one, rows in zip(loaded, new, strict=True)),
        )
        lengths = [0, *(len(one.chunk_ids) for one in articles)]
        positions = {one.article_id: position for position, one in enumerate(articles)}
        matrix = np.concatenate([self.matrix[rows], *new])
        return VectorIndex(articles, np.cumsum(lengths), matrix, positions)

    def nearest(self, vector: Vectors, narrowing: Narrowing, limit: int) -> list[Near]:
        """The nearest chunks among those that match, best first; exact, not approximate."""
        cosines = self.matrix @ vector
        cosines[self._excluded(narrowing)] = 0.0
        if limit < len(cosines):
            rows = np.sort(np.argpartition(cosines, -limit)[-limit:])
        else:
            rows = np.arange(len(cosines))
        best = rows[np.argsort(-cosines[rows], kind="stable")]
        return list(self._named(best[cosines[best] > 0], cosines))

    def related(
        self, article_id: ObjectId, narrowing: Narrowing, *, floor: float, limit: int
    ) -> list[ObjectId]:
        """The matching articles whose centres have at least this cosine to the article's."""
        position = self.positions.get(article_id)
        others = [
            one for one in self.articles if one.article_id != article_id and one.matches(narrowing)
        ]
        if position is None or not others:
            return []
        cosines = np.stack([one.centre for one in others]) @ self.articles[position].centre
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [others[row].article_id for row in best if cosines[row] >= floor]

    def cosines(
        self, vector: Vectors, wanted: Sequence[tuple[ObjectId, ObjectId]]
    ) -> list[float | None]:
        """The cosine of each (article id, chunk id); None where there is no vector for it."""
        return [self._cosine(vector, *one) for one in wanted]

    def _excluded(self, narrowing: Narrowing) -> NDArray[np.bool_]:
        """The rows that the filter excludes; remembered where there are few such filters."""
        if (known := self._hidden.get(narrowing)) is not None:
            return known
        excluded = np.fromiter((not one.matches(narrowing) for one in self.articles), bool)
        rows = np.repeat(excluded, np.diff(self.starts))
        if not narrowing.tags and not narrowing.category:
            self._hidden[narrowing] = rows
        return rows

    def _named(self, rows: NDArray[np.int64], cosines: Vectors) -> Iterator[Near]:
        positions = np.searchsorted(self.starts, rows, side="right") - 1
        for row, position in zip(rows.tolist(), positions.tolist(), strict=True):
            article = self.articles[position]
            chunk_id = article.chunk_ids[row - int(self.starts[position])]
            yield Near(float(cosines[row]), chunk_id, article.article_id)

    def _cosine(self, vector: Vectors, article_id: ObjectId, chunk_id: ObjectId) -> float | None:
        position = self.positions.get(article_id)
        if position is None or chunk_id not in self.articles[position].chunk_ids:
            return None
        row = int(self.starts[position]) + self.articles[position].chunk_ids.index(chunk_id)
        return float(self.matrix[row] @ vector) if self.matrix[row].any() else None


def _indexed(article: LoadedArticle, rows: Vectors) -> IndexedArticle:
    total = rows.sum(axis=0)
    return IndexedArticle(
        article_id=article.article_id,
        visibility=article.visibility,
        tags=article.tags,
        category=article.category,
        chunk_ids=tuple(chunk.chunk_id for chunk in article.chunks),
        centre=total / max(float(np.linalg.norm(total)), _TINY),
    )


def block(article: LoadedArticle, dimensions: int) -> Vectors:
    """The article's rows, shape (chunks, dimensions)."""
    rows = np.zeros((len(article.chunks), dimensions), np.float32)
    for row, chunk in zip(rows, article.chunks, strict=True):
        if chunk.vector is not None:
            row[:] = chunk.vector
    return rows
