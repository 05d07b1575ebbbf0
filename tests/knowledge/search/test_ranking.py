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
from knowledge.search.calibration import Fit, Fits, Signals
from knowledge.search.passages import Candidate
from knowledge.search.ranking import Ranking, rank
from knowledge.search.retrieve import Retrieval, retrieve
from knowledge.search.written import Written
from tests.fakes.embedder import WordEmbedder

QUESTION = "Which port does the server listen on?"
BUNDLED = ("bge-small-en-v1.5-int8@1", "ms-marco-MiniLM-L12-v2-int8@1")


class FakeReranker:
    """Gives these scores in turn; raises instead where one is an exception."""

    def __init__(self, *scores: float | Exception, hosted: bool = False) -> None:
        self.recipe = "rerank-9@1" if hosted else BUNDLED[1]
        self.scores = scores
        self.hosted = hosted
        self.max_tokens = None

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

    def run(
        texts: str,
        cosines: Sequence[float | None],
        reranker: FakeReranker | None,
        fits: Fits = calibration.SHIPPED,
    ) -> Ranking:
        monkeypatch.setattr(providers, "reranker", lambda: reranker)
        candidates = [candidate(text) for text in texts.split()]
        return rank(
            question=QUESTION,
            candidates=candidates,
            cosines=cosines,
            strengths=[1.0] * len(candidates),
            embedder=BUNDLED[0],
            fits=fits,
        )

    return run


def texts(found: Ranking) -> str:
    return " ".join(one.candidate.text for one in found.judged)


def test_a_hosted_reranker_decides_alone(judge: Callable[..., Ranking]) -> None:
    found = judge("a b c", [0.9, 0.8, 0.7], FakeReranker(0.1, 0.6, 0.3, hosted=True))
    assert texts(found) == "b c a"
    assert [one.relevance for one in found.judged] == [0.6, 0.3, 0.1]
    assert found.source == "rerank-9 score"


def test_a_hosted_reranker_that_the_site_calibrated_is_weighed(
    judge: Callable[..., Ranking],
) -> None:
    own = {calibration.key(BUNDLED[0], "rerank-9@1"): Fit({"cosine": 1.0})}
    found = judge("a b", [0.9, 0.8], FakeReranker(0.1, 0.6, hosted=True), own)
    assert texts(found) == "b a"
    assert [one.relevance for one in found.judged] == pytest.approx([0.8, 0.9])
    assert found.source == "bge-small-en-v1.5-int8 cosine and rerank-9, calibrated"


def test_the_bundled_rerankers_order_is_mixed_with_the_fused_one(
    judge: Callable[..., Ranking],
) -> None:
    found = judge("a b c d", [0.9] * 4, FakeReranker(0.7, 0.2, 0.9, 0.1))
    assert texts(found) == "c a b d"
    assert found.source.endswith("calibrated")


def test_a_stronger_match_is_not_overtaken_by_a_little_relevance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "reranker", lambda: FakeReranker(0.6, 0.7))
    found = rank(
        question=QUESTION, candidates=[candidate("a"), candidate("b")], cosines=[0.9, 0.9],
        strengths=[1.0, 0.5], embedder=BUNDLED[0], fits=calibration.SHIPPED,
    )  # fmt: skip
    assert texts(found) == "a b"


def test_in_spanish_words_decide_and_the_bundled_models_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "reranker", lambda: FakeReranker(AssertionError()))
    found = rank(
        question="¿En qué puerto escucha el servidor?", candidates=[candidate("a")],
        cosines=[0.9], strengths=[1.0], embedder=BUNDLED[0], fits=calibration.SHIPPED,
    )  # fmt: skip
    assert found.degraded == ("foreign_language",)
    assert found.source == "words in common"
    assert found.judged[0].relevance < 0.3


def test_what_was_not_read_stays_behind_and_is_no_surer(judge: Callable[..., Ranking]) -> None:
    names = [f"p{n}" for n in range(ranking.LOCAL_DEPTH + 3)]
    low = FakeReranker(*[0.02] * ranking.LOCAL_DEPTH)
    found = judge(" ".join(names), [0.05] * ranking.LOCAL_DEPTH + [0.95] * 3, low)
    assert texts(found) == " ".join(names)
    assert max(one.relevance for one in found.judged) < 0.3


@pytest.mark.parametrize("failure", [BudgetExceeded(), ProviderError("down", "model_unavailable")])
def test_f6_without_the_reranker_the_fused_order_stays(
    judge: Callable[..., Ranking], failure: Exception
) -> None:
    found = judge("a b c", [0.2, 0.9, None], FakeReranker(failure))
    assert texts(found) == "a b c"
    assert found.degraded == ("rerank_skipped",)
    alone = calibration.SHIPPED[calibration.key(BUNDLED[0], None)]
    expected = [alone(Signals(cosine=0.2)), alone(Signals(cosine=0.9))]
    assert [one.relevance for one in found.judged][:2] == expected


def test_what_nobody_wrote_of_makes_the_nearest_passage_less_likely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "reranker", lambda: FakeReranker(0.5))

    def relevance(written: float | None) -> float:
        [one] = rank(
            question=QUESTION, candidates=[candidate("a")], cosines=[0.4], strengths=[1.0],
            embedder=BUNDLED[0], fits=calibration.SHIPPED,
            written=None if written is None else Written(written),
        ).judged  # fmt: skip
        return one.relevance

    assert relevance(0.0) < 0.4 < relevance(1.0) == relevance(None)


def test_no_reranker_is_not_a_failure(judge: Callable[..., Ranking]) -> None:
    assert judge("a", [0.5], None).degraded == ()


def test_nothing_found_is_ranked_as_nothing(judge: Callable[..., Ranking]) -> None:
    assert judge("", [], FakeReranker(RuntimeError())) == Ranking((), "words in common")


def test_an_embedder_without_calibration_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "reranker", lambda: None)
    found = rank(
        question="q",
        candidates=[candidate("a")],
        cosines=[0.5],
        strengths=[1.0],
        embedder="voyage-9@1",
        fits=calibration.SHIPPED,
    )
    assert found.source == "voyage-9 cosine, not calibrated for this model"
    assert found.judged[0].relevance == 0.5


def test_shared_words_count_by_stem_and_not_by_number() -> None:
    passage = candidate("Servers listening on a port")
    assert ranking.shared_words(["server", "listen", "port"], passage) == 1
    assert ranking.shared_words(["server", "whistle"], passage) == 0.5
    assert ranking.shared_words([], passage) is None


def test_a_name_that_the_passage_lacks_makes_it_less_likely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "reranker", lambda: FakeReranker(0.5, 0.5, 0.5))
    passages = [candidate("Vue and Nuxt route"), candidate("Vue routes"), candidate("We route")]
    found = rank(
        question="How do I route in Vue with Nuxt?", candidates=passages, cosines=[0.5] * 3,
        strengths=[1.0] * 3, embedder=BUNDLED[0], fits=calibration.SHIPPED,
    ).judged  # fmt: skip
    both, one, none = (judged.relevance for judged in found)
    assert both > one > none


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
