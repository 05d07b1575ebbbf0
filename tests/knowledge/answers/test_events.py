import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answers.events import (
    DoneEvent,
    ErrorEvent,
    Event,
    PassagesEvent,
    TokenEvent,
    as_json,
    failure,
    from_json,
    ndjson,
)

DONE = DoneEvent(
    model="m",
    citations=(1, 3),
    usage={"prompt_tokens": 7, "completion_tokens": 2},
    timings_ms={"first_token": 1.5, "total": 9.0},
)
STOPPED = DoneEvent(model="m", citations=(), stopped="reader_left")


def test_passages_have_the_promised_fields() -> None:
    event = PassagesEvent("id", "strong", "reranker", ({"n": 1},), {"total": 2.0}, ("rerank",))
    assert as_json(event) == {
        "event": "passages",
        "answer_id": "id",
        "confidence": "strong",
        "confidence_source": "reranker",
        "passages": [{"n": 1}],
        "timings_ms": {"total": 2.0},
        "degraded": ["rerank"],
    }


def test_done_has_the_promised_fields_and_says_why_it_was_stopped_only_when_it_was() -> None:
    assert as_json(DONE) == {
        "event": "done",
        "model": "m",
        "citations": [1, 3],
        "verdicts": [],
        "support": [],
        "answered": None,
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
        "timings_ms": {"first_token": 1.5, "total": 9.0},
    }
    assert as_json(STOPPED)["stopped"] == "reader_left"


def test_a_failure_tells_its_code_and_plain_words() -> None:
    event = as_json(failure("busy"))
    assert event["code"] == "busy"
    assert "Try again" in event["message"]


@pytest.mark.parametrize(
    "event", [TokenEvent("a [1]"), DONE, STOPPED, ErrorEvent("busy", "Later.")]
)
def test_stored_events_come_back_as_they_were(event: TokenEvent | DoneEvent | ErrorEvent) -> None:
    assert as_json(from_json(json.loads(json.dumps(as_json(event))))) == as_json(event)


def test_nothing_else_is_a_stored_event() -> None:
    with pytest.raises(ValueError, match="not a stored"):
        from_json({"event": "passages"})


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_ndjson_is_one_ascii_line_for_any_text(text: str) -> None:
    event: Event = TokenEvent(text)
    line = ndjson(event)
    assert line.isascii()
    assert line.splitlines(keepends=True) == [line]
    assert json.loads(line) == {"event": "token", "text": text}
