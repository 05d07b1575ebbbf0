"""The legs of one search and their fusion: what each found, in its own order, by ids alone.

keyword legs ∥ query vector → semantic leg; then fusion. At once where the engine is remote; one
after another where it is in this process, because there the legs take a few milliseconds, which is
what handing them to a thread would save. Reading and ranking what was found is `retrieve.py`;
`evaluate` looks at every leg apart.
"""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from bson import ObjectId
from django.conf import settings

from knowledge.providers import ProviderError, Vectors
from knowledge.search import languages, remembered, running
from knowledge.search.engine import ArticleHit, ChunkHit, Engine, Filters
from knowledge.search.fusion import fuse
from knowledge.search.timing import Stopwatch
from knowledge.search.written import Written, measure

logger = logging.getLogger(__name__)

KEYWORD_ONLY: Final = "keyword_only"
"""In `degraded`: the question could not be embedded, or no index of vectors answers."""
MEANING_ONLY: Final = "meaning_only"
"""In `degraded`: no index of words answers."""
MEANING: Final = 1.0
PASSAGE_WORDS: Final = 0.8
ARTICLE_WORDS: Final = 0.4
"""How much each leg is trusted in the fusion: measured on five sets, docs/measurements.md."""
FOREIGN_MEANING: Final = 0.3
"""The same of the semantic leg, where its model was not trained on the question's language."""
WORDS_UNCHECKED: Final = "words_unchecked"
"""In `degraded`: whether anybody wrote of what is asked could not be looked up."""
_REMOTE_LEGS: Final = 64
"""Of 32 searches: each waits for two of its legs here."""

T = TypeVar("T")

# a search keeps one core busy: more of them at once only make each other slower
_cores = threading.BoundedSemaphore(os.cpu_count() or 1)
# its threads are made when a remote engine is first searched
_remote = ThreadPoolExecutor(_REMOTE_LEGS, thread_name_prefix="search-leg")


@dataclass(frozen=True, slots=True)
class Found:
    """What every leg found, best first, and `fused` of them all.

    `cosines` are the fused hits' relevances by cosine alone, in the `recipe` that was searched;
    None for one without a vector. `written` is how much of the question stands anywhere; None
    where the engine could not tell.
    """

    articles: list[ArticleHit]
    worded: list[ChunkHit]
    near: list[ChunkHit]
    fused: list[ChunkHit]
    cosines: dict[ObjectId, float | None] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    recipe: str = ""
    written: Written | None = None

    @property
    def keyword(self) -> list[ChunkHit]:
        """What words alone find: both keyword legs fused."""
        return _fuse([], self.worded, self.articles)

    @property
    def strengths(self) -> dict[ObjectId, float]:
        """How good each fused hit is next to the best one, 0..1."""
        return {hit.chunk_id: hit.strength for hit in self.fused}


@dataclass(frozen=True, slots=True)
class _Words:
    articles: list[ArticleHit] = field(default_factory=list)
    worded: list[ChunkHit] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """`near` is None where there was no `vector` to search with, or no index of vectors."""

    vector: Vectors | None
    near: list[ChunkHit] | None


def search(question: str, filters: Filters, watch: Stopwatch) -> Found:
    """Search every leg. Raises `ProviderError` while there is no index to search."""
    engine = running.engine()
    engine.prepare(filters=filters)
    meaning, words, written = _every_leg(engine, question, filters, watch)
    degraded: tuple[str, ...] = (KEYWORD_ONLY,) if meaning.near is None else ()
    if isinstance(words, ProviderError):
        if meaning.near is None:
            raise words
        words, degraded = _Words(), (MEANING_ONLY,)
    elif written is None:
        degraded = (*degraded, WORDS_UNCHECKED)
    found = _fused(engine, question, words, meaning, filters, watch, degraded)
    return replace(found, written=written)


def _every_leg(
    engine: Engine, question: str, filters: Filters, watch: Stopwatch
) -> tuple[_Meaning, _Words | ProviderError, Written | None]:
    by_words = partial(_or_error, partial(_by_words, engine, question, filters, watch))
    look_up = partial(_written, engine, question, filters, watch)
    if engine.remote:
        waiting = _remote.submit(copy_context().run, by_words)
        looked_up = _remote.submit(copy_context().run, look_up)
        meaning = _by_meaning(engine, question, filters, watch)
        return meaning, waiting.result(), looked_up.result()
    return _by_meaning(engine, question, filters, watch), by_words(), look_up()


def _by_words(engine: Engine, question: str, filters: Filters, watch: Stopwatch) -> _Words:
    with _room(engine), watch.stage("keyword"):
        limit = settings.SEARCH_KEYWORD_LIMIT
        articles = engine.articles(question=question, filters=filters, limit=limit)
        limit = settings.SEARCH_SEMANTIC_LIMIT
        return _Words(articles, engine.passages(question=question, filters=filters, limit=limit))


def _written(engine: Engine, question: str, filters: Filters, watch: Stopwatch) -> Written | None:
    """How much of the question stands anywhere; None where that cannot be said."""
    with _room(engine), watch.stage("written"):
        unwritten = _or_error(partial(engine.unwritten, question=question, filters=filters))
    return None if isinstance(unwritten, ProviderError) else measure(question, unwritten)


def _by_meaning(engine: Engine, question: str, filters: Filters, watch: Stopwatch) -> _Meaning:
    with watch.stage("embed"):
        vector = _vector_or_none(engine.recipe, question)
    if vector is None:
        return _Meaning(None, None)
    limit = settings.SEARCH_SEMANTIC_LIMIT
    search = partial(engine.nearest, vector=vector, filters=filters, limit=limit)
    with _room(engine), watch.stage("semantic"):
        near = _or_error(search)
    return _Meaning(vector, None if isinstance(near, ProviderError) else near)


def _fused(
    engine: Engine,
    question: str,
    words: _Words,
    meaning: _Meaning,
    filters: Filters,
    watch: Stopwatch,
    degraded: tuple[str, ...],
) -> Found:
    near, vector = meaning.near or [], meaning.vector
    cosines: list[float | None] = []
    with _room(engine), watch.stage("fusion"):
        understood = languages.understands(engine.recipe, question)
        fused = _fuse(
            near, words.worded, words.articles, MEANING if understood else FOREIGN_MEANING
        )
        if vector is not None:
            known = _or_error(partial(engine.relevance, vector=vector, hits=fused, filters=filters))
            cosines = [] if isinstance(known, ProviderError) else known
    # none of them without a vector, or where the engine does not tell
    by_id = {hit.chunk_id: cosine for hit, cosine in zip(fused, cosines, strict=False)}
    return Found(words.articles, words.worded, near, fused, by_id, degraded, engine.recipe)


def _fuse(
    near: list[ChunkHit],
    worded: list[ChunkHit],
    articles: list[ArticleHit],
    meaning: float = MEANING,
) -> list[ChunkHit]:
    return fuse(
        legs=[near, worded],
        trust=[meaning, PASSAGE_WORDS],
        articles=articles,
        article_trust=ARTICLE_WORDS,
        limit=settings.SEARCH_FUSED_LIMIT,
    )


def _or_error(leg: Callable[[], T]) -> T | ProviderError:
    """What the leg found, or why it could not: the other one may still answer."""
    try:
        return leg()
    except ProviderError as error:
        logger.warning("searching without a leg: %s", error.code)
        return error


def _room(engine: Engine) -> AbstractContextManager[object]:
    """A core of this machine, where the search needs one."""
    return nullcontext() if engine.remote else _cores


def _vector_or_none(recipe: str, question: str) -> Vectors | None:
    try:
        return remembered.query_vector(recipe, question)
    except ProviderError as error:
        logger.warning("searching by words only: %s", error.code)
        return None
