"""Voyage's real client against a fake server on loopback: requests, failures, deadlines."""

import logging
import time

import numpy as np
import pytest
from pytest_django import Settings

from knowledge import providers
from knowledge.providers import BudgetExceeded, ProviderError
from knowledge.providers.voyage import VoyageEmbedder, VoyageReranker
from tests.fakes.voyage_server import VoyageServer

TEXTS = ["The port is 8000.", "Bananas are yellow.", "Set the port with PORT."]


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def test_a_key_chooses_voyage_for_both(voyage: VoyageServer) -> None:
    assert isinstance(providers.embedder(), VoyageEmbedder)
    assert isinstance(providers.reranker(), VoyageReranker)


def test_vectors_are_unit_length_float32_in_the_order_of_the_texts(voyage: VoyageServer) -> None:
    vectors = VoyageEmbedder().embed_documents(TEXTS)
    assert vectors.shape == (3, 1024)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    query = VoyageEmbedder().embed_query("Which port?")
    assert (vectors @ query).argmax() in {0, 2}


def test_documents_and_queries_are_sent_as_such(voyage: VoyageServer) -> None:
    VoyageEmbedder().embed_documents(TEXTS[:1])
    VoyageEmbedder().embed_query("Which port?")
    assert [call.body["input_type"] for call in voyage.calls] == ["document", "query"]
    assert voyage.calls[0].body["truncation"] is True
    assert voyage.calls[0].headers["authorization"] == "bearer key-of-the-test"


def test_documents_go_in_batches(voyage: VoyageServer, settings: Settings) -> None:
    settings.EMBED_BATCH = 2
    VoyageEmbedder().embed_documents(TEXTS)
    assert [call.body["input"] for call in voyage.calls] == [TEXTS[:2], TEXTS[2:]]


def test_no_texts_are_no_requests(voyage: VoyageServer) -> None:
    assert VoyageEmbedder().embed_documents([]).shape == (0, 1024)
    assert voyage.calls == []


@pytest.mark.parametrize(
    ("model", "asked"), [("voyage-3", None), ("voyage-3.5", 1024), ("voyage-4-lite", 1024)]
)
def test_the_dimensions_are_asked_for_where_the_model_can_choose(
    voyage: VoyageServer, settings: Settings, model: str, asked: int | None
) -> None:
    settings.VOYAGE_EMBED_MODEL = model
    VoyageEmbedder().embed_query("Which port?")
    assert voyage.calls[0].body.get("output_dimension") == asked
    assert model in VoyageEmbedder().recipe


def test_an_empty_text_is_sent_as_something_the_service_accepts(voyage: VoyageServer) -> None:
    VoyageEmbedder().embed_documents([""])
    assert voyage.embedded == [" "]


def test_another_number_of_dimensions_is_an_error_not_a_wrong_index(voyage: VoyageServer) -> None:
    voyage.dimensions = 512
    with pytest.raises(ProviderError) as caught:
        VoyageEmbedder().embed_documents(TEXTS)
    assert caught.value.code == "internal"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(voyage: VoyageServer, status: int) -> None:
    voyage.fail(status, times=2)
    assert VoyageEmbedder().embed_query("Which port?").shape == (1024,)
    assert len(voyage.calls) == 3


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "busy"), (500, "model_unavailable"), (503, "model_unavailable")],
)
def test_a_lasting_failure_is_reported_after_three_attempts(
    voyage: VoyageServer, status: int, code: str
) -> None:
    voyage.fail(status, times=9)
    with pytest.raises(ProviderError) as caught:
        VoyageEmbedder().embed_query("Which port?")
    assert caught.value.code == code
    assert len(voyage.calls) == 3


@pytest.mark.parametrize(("status", "code"), [(400, "internal"), (401, "model_unavailable")])
def test_a_refusal_is_not_tried_again(voyage: VoyageServer, status: int, code: str) -> None:
    voyage.fail(status, times=9)
    with pytest.raises(ProviderError) as caught:
        VoyageEmbedder().embed_query("Which port?")
    assert caught.value.code == code
    assert len(voyage.calls) == 1


def test_a_longer_pause_than_there_is_time_is_not_waited_for(voyage: VoyageServer) -> None:
    voyage.fail(429, retry_after=3600)
    with pytest.raises(ProviderError) as caught:
        VoyageEmbedder().embed_query("Which port?")
    assert caught.value.code == "busy"
    assert len(voyage.calls) == 1


def test_a_query_that_takes_too_long_is_given_up(voyage: VoyageServer, settings: Settings) -> None:
    settings.EMBED_TIMEOUT_MS = 50
    voyage.hold_next = True
    with pytest.raises(ProviderError) as caught:
        VoyageEmbedder().embed_query("Which port?")
    assert caught.value.code == "model_timeout"


def test_a_server_that_is_not_there_is_unavailable(settings: Settings) -> None:
    settings.VOYAGE_API_KEY = "key"
    settings.VOYAGE_BASE_URL = "http://127.0.0.1:9/v1"
    with pytest.raises(ProviderError) as caught:
        VoyageReranker().rerank("port", TEXTS, deadline=soon(0.5))
    assert caught.value.code == "model_unavailable"


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": [{"embedding": [1.0]}]}])
def test_nonsense_is_an_error(voyage: VoyageServer, body: dict[str, object]) -> None:
    voyage.body = {"nonsense": True, **body}
    with pytest.raises(ProviderError):
        VoyageEmbedder().embed_query("Which port?")
    with pytest.raises(ProviderError):
        VoyageReranker().rerank("port", TEXTS, deadline=soon())


def test_relevance_comes_in_the_order_of_the_texts(voyage: VoyageServer) -> None:
    relevances = VoyageReranker().rerank("Set the port", TEXTS, deadline=soon())
    assert relevances == pytest.approx([2 / 3, 0, 1])
    assert VoyageReranker.hosted


def test_a_reranker_that_is_too_slow_exceeds_its_budget(voyage: VoyageServer) -> None:
    voyage.hold_next = True
    with pytest.raises(BudgetExceeded):
        VoyageReranker().rerank("port", TEXTS, deadline=soon(0.05))


def test_a_deadline_in_the_past_makes_no_request(voyage: VoyageServer) -> None:
    with pytest.raises(BudgetExceeded):
        VoyageReranker().rerank("port", TEXTS, deadline=soon(-1))
    assert voyage.calls == []


def test_c3_neither_error_nor_log_repeats_what_the_service_said(
    voyage: VoyageServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    voyage.fail(400, message="cannot read: canary-in-error")
    with pytest.raises(ProviderError) as caught:
        VoyageEmbedder().embed_documents(["canary-in-text"])
    assert caught.value.__suppress_context__
    assert "InvalidRequestError" in caplog.text
    assert "canary" not in caplog.text + str(caught.value)
