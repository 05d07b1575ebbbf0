"""From a question to the passages that may answer it, and how sure that is.

a turn (`turns.py`) → legs and fusion (`legs.py`) → reading through the scope → reranking →
confidence; once for all who ask the same at the same moment (`sharing.py`). Writing an answer
from the passages is `knowledge.answers`.
"""

import re
from collections.abc import Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from bson import ObjectId
from django.conf import settings

from knowledge.access import Scope
from knowledge.providers import Busy
from knowledge.search import fits, freshness, legs, passages, ranking, running
from knowledge.search.engine import ChunkHit, Filters
from knowledge.search.legs import Found
from knowledge.search.passages import Candidate
from knowledge.search.ranking import Judged, Ranking
from knowledge.search.sharing import Sharing
from knowledge.search.timing import Stopwatch
from knowledge.search.turns import WAIT_SECONDS, Turns

Confidence = Literal["strong", "weak", "none"]
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")
_TOO_LONG: Final = "The search took too long. Nothing was lost: ask again in a moment."

_turns: Final = Turns()


@dataclass(frozen=True, slots=True)
class Passage:
    """A source, as shown, numbered and cited: `text` is `source[start:end]` at `revision`.

    `relevance` is 0..1: how likely the passage answers the question.
    """

    n: int
    chunk_id: ObjectId
    article_id: ObjectId
    workspace_id: str
    title: str
    breadcrumb: tuple[str, ...]
    url: str
    anchor: str
    text: str
    start: int
    end: int
    relevance: float
    revision: int
    indexed_at: datetime
    tags: tuple[str, ...]
    category: str

    def as_json(self) -> dict[str, Any]:
        """What the `passages` event says of it."""
        return {
            "n": self.n,
            "article_id": str(self.article_id),
            "title": self.title,
            "breadcrumb": list(self.breadcrumb),
            "url": self.url,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "relevance": self.relevance,
            "revision": self.revision,
            "indexed_at": self.indexed_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found. `none` means: nothing that is likely to answer, and no passages.

    `timings_ms` is by stage; `degraded` says by stable codes what could not be done. `unwritten`
    are names in the question that no article has which was searched; unless the site is sure,
    other words where it is no name that is missing.
    """

    passages: tuple[Passage, ...] = ()
    confidence: Confidence = "none"
    confidence_source: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()


def retrieve(
    *, question: str, scope: Scope, tags: Collection[str] = (), category: str = ""
) -> Retrieval:
    """Find passages in what `scope` may read, in articles with every tag and in the category.

    Blocks for as long as the models take; safe in any thread. An empty scope or question finds
    nothing without a search. Raises `ProviderError` while there is no index to search, `Busy`
    where too many wait for their turn.
    """
    asked = searchable(question)
    if not asked or not isinstance(scope, Scope) or not scope.grants:
        return Retrieval()
    filters = Filters(scope, frozenset(map(str, tags)), str(category))
    try:
        shared, is_others = _sharing.share(
            (asked, filters), lambda: _begun(asked, filters), timeout=2 * WAIT_SECONDS
        )
    except TimeoutError:
        raise Busy(_TOO_LONG, retry_after=round(WAIT_SECONDS)) from None
    if is_others and not _stands(shared, filters):
        return _retrieve(asked, filters)
    return shared.retrieval


@dataclass(frozen=True, slots=True)
class _Begun:
    """A search that others may share, and when it began."""

    at: datetime
    retrieval: Retrieval


_sharing: Final[Sharing[tuple[str, Filters], _Begun]] = Sharing()


def _begun(question: str, filters: Filters) -> _Begun:
    return _Begun(datetime.now(UTC), _retrieve(question, filters))


def _stands(shared: _Begun, filters: Filters) -> bool:
    """Whether it holds for one who asked after it began: nothing was edited or withdrawn since."""
    found = shared.retrieval.passages
    hits = [ChunkHit(one.chunk_id, one.article_id, one.n) for one in found]
    readable = len(passages.read(hits, filters)) == len(hits)
    return readable and not freshness.changed_since(shared.at, filters.workspaces)


def _retrieve(question: str, filters: Filters) -> Retrieval:
    watch = Stopwatch()
    with watch.stage("total"):
        # before the queue: whoever waits for an index keeps nobody from searching another
        running.engine().prepare(filters=filters)
        freshness.follow(filters)
        ranked = _in_turn(question, filters, watch)
        if not _likely(ranked) and freshness.caught_up(filters):
            with suppress(Busy):  # then what was found stands
                ranked = _in_turn(question, filters, watch)
    return as_retrieval(ranked, watch)


def _in_turn(question: str, filters: Filters, watch: Stopwatch) -> Ranking:
    with ExitStack() as held:
        with watch.stage("wait"):
            held.enter_context(_turns.turn())
        return search(question, filters, watch)[1]


def searchable(question: str) -> str:
    """The question on one line, printable, and no longer than a question may be."""
    return _UNPRINTABLE.sub(" ", question).strip()[: settings.QUESTION_MAX_CHARS]


def search(question: str, filters: Filters, watch: Stopwatch) -> tuple[Found, Ranking]:
    """What every leg found for a `searchable` question, and the final ranking of it."""
    found = legs.search(question, filters, watch)
    with watch.stage("read"):
        candidates = passages.read(found.fused, filters)
    with watch.stage("rerank"):
        ranked = _ranked(question, found, candidates)
    return found, replace(ranked, degraded=found.degraded + ranked.degraded)


def _ranked(question: str, found: Found, candidates: list[Candidate]) -> Ranking:
    return ranking.rank(
        question=question,
        candidates=candidates,
        cosines=[found.cosines.get(one.chunk_id) for one in candidates],
        strengths=[found.strengths[one.chunk_id] for one in candidates],
        written=found.written,
        embedder=found.recipe,
        fits=fits.running(),
    )


def _likely(ranked: Ranking) -> list[Judged]:
    return [one for one in ranked.judged if one.relevance >= settings.CONFIDENCE_WEAK]


def as_retrieval(ranked: Ranking, watch: Stopwatch) -> Retrieval:
    """What is shown of a ranking: the best that are likely enough to answer, numbered."""
    shown = _likely(ranked)[: settings.SEARCH_PASSAGES]
    confidence = _confidence(shown)
    # what was found without a word says that it has others for it, but not so for a name
    other_words = () if confidence == "strong" else ranked.written.words
    return Retrieval(
        passages=tuple(_passage(n, one) for n, one in enumerate(shown, start=1)),
        confidence=confidence,
        confidence_source=ranked.source,
        timings_ms=watch.milliseconds,
        degraded=ranked.degraded,
        unwritten=ranked.written.names or other_words,
    )


def _confidence(shown: Collection[Judged]) -> Confidence:
    if not shown:
        return "none"
    best = max(one.relevance for one in shown)
    return "strong" if best >= settings.CONFIDENCE_STRONG else "weak"


def _passage(n: int, judged: Judged) -> Passage:
    found: Candidate = judged.candidate
    return Passage(
        n=n,
        chunk_id=found.chunk_id,
        article_id=found.article_id,
        workspace_id=found.workspace_id,
        title=found.title,
        breadcrumb=found.breadcrumb,
        url=found.url,
        anchor=found.anchor,
        text=found.text,
        start=found.start,
        end=found.end,
        relevance=round(judged.relevance, 4),
        revision=found.revision,
        indexed_at=found.indexed_at,
        tags=found.tags,
        category=found.category,
    )
