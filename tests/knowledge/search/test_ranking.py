"""The last ordering and how sure it is: with, without and instead of each model (F6)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from bson import ObjectId

from knowledge import providers
from knowledge.access import Scope
from knowledge.models import Article
from knowledge.providers import BudgetExceeded, ProviderError
from knowledge.search import calibration, ranking
from knowledge.search.passages import Candidate
from knowledge.search.ranking import Ranking, rank
from knowledge.search.retrieve import Retrieval, retrieve
from tests.fakes.embedder import WordEmbedder

QUESTION = "Which port does the server listen on?"
BUNDLED = ("bge-small-en-v1.5-int8@1", "ms-marco-MiniLM-L12-v2-int8@1")


class FakeReranker:
    """Gives these scores in turn; raises instead where one is an exception."""

    recipe = BUNDLED[1]

    def __init__(self, *scores: float | Exception, hosted: bool = False) -> None:
        self.scores = scores
        self.hosted = hosted

    def rerank(self, query: str, texts: Sequence[str], *, deadline: float) -> list[float]:
        for score in self.scores:
            if isinstance(score, Exception):
                raise score
        return [score for score in self.scores if not isinstance(score, Exception)][: len(texts)]


def candidate(text: str) -> Candidate:
    return Candidate(
        chunk_id=ObjectId(), article_id=ObjectId(), workspace_id="", workspace_slug="w",
        article_slug="a", breadcrumb=("Title",), anchor="", text=text, start=0, end=len(text),
        revision=1, indexed_at=datetime.now(UTC), tags=(), category="",
    )  # fmt: skip


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ranking]:
    """Rank passages named by their texts, with these cosines and this reranker."""

    def run(texts: str, cosines: Sequence[float | None], reranker: FakeReranker | None) -> Ranking:
        monkeypatch.setattr(providers, "reranker", lambda: reranker)
        candidates = [candidate(text) for text in texts.split()]
        return rank(question=QUESTION, candidates=candidates, cosines=cosines, embedder=BUNDLED[0])

    return run


def texts(found: Ranking) -> str:
    return " ".join(one.candidate.text for one in found.judged)


def test_a_hosted_reranker_decides_alone(judge: Callable[..., Ranking]) -> None:
    found = judge("a b c", [0.9, 0.8, 0.7], FakeReranker(0.1, 0.6, 0.3, hosted=True))
    assert texts(found) == "b c a"
    assert [one.relevance for one in found.judged] == [0.6, 0.3, 0.1]
    assert found.source == "ms-marco-MiniLM-L12-v2-int8 score"


def test_the_bundled_rerankers_order_is_mixed_with_the_fused_one(
    judge: Callable[..., Ranking],
) -> None:
    found = judge("a b c d", [0.9] * 4, FakeReranker(0.7, 0.2, 0.9, 0.1))
    assert texts(found) == "a c b d"
    assert found.source.endswith("calibrated")


def test_what_was_not_read_stays_behind_and_is_no_surer(judge: Callable[..., Ranking]) -> None:
    names = [f"p{n}" for n in range(ranking.LOCAL_DEPTH + 3)]
    low = FakeReranker(*[0.001] * ranking.LOCAL_DEPTH)
    found = judge(" ".join(names), [0.95] * len(names), low)
    assert texts(found) == " ".join(names)
    assert max(one.relevance for one in found.judged) < 0.3


@pytest.mark.parametrize("failure", [BudgetExceeded(), ProviderError("down", "model_unavailable")])
def test_f6_without_the_reranker_the_fused_order_stays(
    judge: Callable[..., Ranking], failure: Exception
) -> None:
    found = judge("a b c", [0.2, 0.9, None], FakeReranker(failure))
    assert texts(found) == "a b c"
    assert found.degraded == ("rerank_skipped",)
    assert [one.relevance for one in found.judged][:2] == [0.2, 0.9]


def test_no_reranker_is_not_a_failure(judge: Callable[..., Ranking]) -> None:
    assert judge("a", [0.5], None).degraded == ()


def test_nothing_found_is_ranked_as_nothing(judge: Callable[..., Ranking]) -> None:
    assert judge("", [], FakeReranker(RuntimeError())) == Ranking((), "words in common")


def test_an_embedder_without_calibration_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "reranker", lambda: None)
    found = rank(question="q", candidates=[candidate("a")], cosines=[0.5], embedder="voyage-9@1")
    assert found.source == "voyage-9 cosine, not calibrated for this model"


def test_both_signals_count() -> None:
    evidence = calibration.EVIDENCE[BUNDLED]
    assert evidence(0.9, 0.9) > evidence(0.9, 0.1) > evidence(0.1, 0.1)
    assert evidence(0.9, 0.5) > evidence(0.1, 0.5)
    assert 0 < evidence(0.0, 0.0) < evidence(1.0, 1.0) < 1


def test_shared_words_count_by_stem_and_not_by_number() -> None:
    passage = candidate("Servers listening on a port")
    assert ranking.shared_words("Does the server listen on a port?", passage) == 1
    assert ranking.shared_words("Does the server whistle?", passage) == 0.5
    assert ranking.shared_words("", passage) == 0


# through the whole of retrieval


class DownEmbedder(WordEmbedder):
    """Embeds documents, and refuses every question."""

    def embed_query(self, text: str) -> providers.Vectors:
        raise ProviderError("no", "model_unavailable")


class TestWithTheEmbedderDown:
    @pytest.fixture
    def embedder(self) -> DownEmbedder:
        return DownEmbedder()

    @pytest.fixture
    def found(self, publish: Callable[..., Article], scope: Scope) -> Retrieval:
        publish("Server", "The server listens on port 8000.")
        publish("Zoo", "We have elephants.")
        return retrieve(question=QUESTION, scope=scope)

    def test_f6_words_alone_still_answer(self, found: Retrieval) -> None:
        assert [passage.title for passage in found.passages] == ["Server"]
        assert found.degraded == ("keyword_only",)
        assert found.confidence_source == "words in common"

    def test_f6_a_failure_is_not_remembered(
        self, found: Retrieval, scope: Scope, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(providers, "embedder", WordEmbedder)
        assert retrieve(question=QUESTION, scope=scope).degraded == ()


class CountingEmbedder(WordEmbedder):
    """Remembers the questions that it embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed_query(self, text: str) -> providers.Vectors:
        self.asked.append(text)
        return super().embed_query(text)


class TestAskingAgain:
    @pytest.fixture
    def embedder(self) -> CountingEmbedder:
        return CountingEmbedder()

    def test_a_question_is_embedded_once(
        self, publish: Callable[..., Article], scope: Scope, embedder: CountingEmbedder
    ) -> None:
        publish("Server", "The server listens on port 8000.")
        retrieve(question=QUESTION, scope=scope)
        retrieve(question=f"  {QUESTION}\n", scope=scope)
        assert embedder.asked == [QUESTION]
