"""One workspace's search index: built from MongoDB, changed article by article, always readable.

A reader takes `snapshot` once and searches that; whoever writes holds the lock, makes the next
snapshot and swaps it in. When to write is decided by `local.py`.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bson import ObjectId

from knowledge.search.loading import LoadedArticle
from knowledge.search.term_index import Entry, Field, TermIndex, TermReader
from knowledge.search.vectors import VectorIndex

ARTICLE_FIELDS: Final = (
    Field("title", boost=3.0),
    Field("content"),
    Field("summary", fuzzy=False),
)
# measured, see docs/measurements.md: headings repeat in every passage below them
PASSAGE_FIELDS: Final = (Field("heading", boost=0.25), Field("text"))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one search sees."""

    articles: TermReader
    passages: TermReader
    vectors: VectorIndex


class _Writing:
    """The two term indexes that the next snapshot is made from."""

    def __init__(self) -> None:
        self._articles = TermIndex(ARTICLE_FIELDS, tagged=True)
        self._passages = TermIndex(PASSAGE_FIELDS, tagged=False)

    def write(self, *, gone: Collection[ObjectId], loaded: Sequence[LoadedArticle]) -> None:
        owners = [str(article_id) for article_id in gone]
        self._articles.update(remove=owners, add=map(_article_entry, loaded))
        self._passages.update(remove=owners, add=_passage_entries(loaded))

    def read(self, vectors: VectorIndex) -> Snapshot:
        return Snapshot(self._articles.reader(), self._passages.reader(), vectors)


class WorkspaceIndex:
    """The index of one workspace; `dimensions` is the length of its vectors."""

    def __init__(self, dimensions: int) -> None:
        self.snapshot: Snapshot | None = None
        self._lock = threading.Lock()
        self._dimensions = dimensions
        self._writing = _Writing()

    def build(self, batches: Iterable[Sequence[LoadedArticle]]) -> Snapshot:
        """Start again from these articles; searches see the old state until it is done."""
        with self._lock:
            return self._build(batches)

    def build_once(self, batches: Iterable[Sequence[LoadedArticle]]) -> Snapshot:
        """The newest state; built first where nobody has, and never by two threads."""
        with self._lock:
            return self.snapshot or self._build(batches)

    def change(self, *, gone: Collection[ObjectId], loaded: Sequence[LoadedArticle]) -> None:
        """Drop the articles `gone`, then add those `loaded`; nothing before the first build."""
        with self._lock:
            if self.snapshot is None:
                return
            gone = [one for one in gone if one in self.snapshot.vectors.positions]
            if gone or loaded:
                self._writing.write(gone=gone, loaded=loaded)
                vectors = self.snapshot.vectors.changed(gone=set(gone), loaded=loaded)
                self.snapshot = self._writing.read(vectors)

    def _build(self, batches: Iterable[Sequence[LoadedArticle]]) -> Snapshot:
        self._writing = _Writing()
        vectors = VectorIndex.empty(self._dimensions)
        for loaded in batches:
            self._writing.write(gone=(), loaded=loaded)
            vectors = vectors.changed(gone=(), loaded=loaded)
        self.snapshot = self._writing.read(vectors)
        return self.snapshot


def _article_entry(article: LoadedArticle) -> Entry:
    return Entry(
        key=str(article.article_id),
        owner=str(article.article_id),
        prose={"title": article.title, "content": article.content, "summary": article.summary},
        visibility=article.visibility,
        tags=article.tags,
        category=article.category,
    )


def _passage_entries(articles: Iterable[LoadedArticle]) -> Iterator[Entry]:
    for article in articles:
        for chunk in article.chunks:
            yield Entry(
                key=f"{article.article_id}{chunk.chunk_id}",
                owner=str(article.article_id),
                prose={"heading": chunk.heading, "text": chunk.text},
                visibility=article.visibility,
                tags=article.tags,
                category=article.category,
            )
