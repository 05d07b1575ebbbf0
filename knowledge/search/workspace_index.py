"""One workspace's search index: built from MongoDB, changed article by article, always readable.

A reader takes `snapshot` once and searches that; whoever writes holds the lock, makes the next
snapshot and swaps it in. When to write is decided by `local.py`.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

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
    """What one search sees; without words it is a first look, searched by meaning alone."""

    vectors: VectorIndex
    articles: TermReader | None = None
    passages: TermReader | None = None

    @property
    def is_whole(self) -> bool:
        return self.passages is not None


Write: TypeAlias = Callable[[Collection[ObjectId], Sequence[LoadedArticle]], None]


class _Writing:
    """The two term indexes that the next snapshot is made from."""

    def __init__(self) -> None:
        self._articles = TermIndex(ARTICLE_FIELDS, tagged=True)
        self._passages = TermIndex(PASSAGE_FIELDS, tagged=False)

    @contextmanager
    def changing(self) -> Iterator[Write]:
        """One change of both, however many batches are written: each commit takes its time."""
        with self._articles.changing() as articles, self._passages.changing() as passages:

            def write(gone: Collection[ObjectId], loaded: Sequence[LoadedArticle]) -> None:
                owners = [str(article_id) for article_id in gone]
                articles.write(remove=owners, add=map(_article_entry, loaded))
                passages.write(remove=owners, add=_passage_entries(loaded))

            yield write

    def read(self, vectors: VectorIndex) -> Snapshot:
        return Snapshot(vectors, self._articles.reader(), self._passages.reader())


class WorkspaceIndex:
    """The index of one workspace; `dimensions` is the length of its vectors."""

    def __init__(self, dimensions: int) -> None:
        self.snapshot: Snapshot | None = None
        self._lock = threading.Lock()
        self._searchable = threading.Event()
        self._dimensions = dimensions
        self._writing = _Writing()

    def build(self, batches: Iterable[Sequence[LoadedArticle]]) -> Snapshot:
        """Start again from these articles; searches see the old state until it is done."""
        with self._lock:
            return self._build(batches)

    def build_once(self, batches: Iterable[Sequence[LoadedArticle]]) -> Snapshot:
        """The newest state; built first where nobody has, and never by two threads."""
        with self._lock:
            if self.snapshot is not None and self.snapshot.is_whole:
                return self.snapshot
            return self._build(batches)

    def look(self, batches: Iterable[Sequence[LoadedArticle]]) -> None:
        """Let these articles' vectors be searched until all is built; only where nothing is."""
        with self._lock:
            if self.snapshot is None:
                # all at once: each change copies the vectors that there are
                loaded = list(chain.from_iterable(batches))
                empty = VectorIndex.empty(self._dimensions)
                self._show(Snapshot(empty.changed(gone=(), loaded=loaded)))

    def wait(self, timeout: float) -> Snapshot | None:
        """What can be searched, as soon as there is anything; None after `timeout` seconds."""
        self._searchable.wait(timeout)
        return self.snapshot

    def change(self, *, gone: Collection[ObjectId], loaded: Sequence[LoadedArticle]) -> None:
        """Drop the articles `gone`, then add those `loaded`; nothing before the first build."""
        with self._lock:
            if self.snapshot is None or not self.snapshot.is_whole:
                return
            gone = [one for one in gone if one in self.snapshot.vectors.positions]
            if gone or loaded:
                with self._writing.changing() as write:
                    write(gone, loaded)
                vectors = self.snapshot.vectors.changed(gone=set(gone), loaded=loaded)
                self.snapshot = self._writing.read(vectors)

    def _build(self, batches: Iterable[Sequence[LoadedArticle]]) -> Snapshot:
        self._writing = _Writing()
        vectors = VectorIndex.empty(self._dimensions)
        with self._writing.changing() as write:
            for loaded in batches:
                write((), loaded)
                vectors = vectors.changed(gone=(), loaded=loaded)
        return self._show(self._writing.read(vectors))

    def _show(self, snapshot: Snapshot) -> Snapshot:
        self.snapshot = snapshot
        self._searchable.set()
        return snapshot


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
