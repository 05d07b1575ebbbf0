"""The typed events of one answer, and their JSON: the contract of page, API and command line.

`passages` comes first, then `token`s, then one ending: `done` or `error`. Nothing here does I/O.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.answers.answerability import Answered
from knowledge.providers import ErrorCode
from knowledge.search.retrieve import Confidence

Json = dict[str, Any]
Stopped = Literal["by_reader", "reader_left", "server_stopping"]
"""Why an answer ended before it was whole, though nothing failed."""

_MESSAGES: dict[ErrorCode, str] = {
    "busy": "Too many answers are being written at this moment. Try again in a few seconds.",
    "model_unavailable": "The language model could not be reached or broke off.",
    "model_timeout": "The language model took too long.",
    "too_long": "The question and its sources, or the answer, are too long for the language model.",
    "internal": "Something went wrong on the server.",
}


@dataclass(frozen=True, slots=True)
class PassagesEvent:
    """What was found. `passages` are JSON objects as `Passage.as_json` makes them."""

    answer_id: str
    confidence: Confidence
    confidence_source: str
    passages: tuple[Json, ...]
    timings_ms: Mapping[str, float]
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """The next piece of the answer's Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class DoneEvent:
    """The answer is whole, or `stopped`. `citations` are the cited passages' numbers.

    `verdicts` and `support` are as `Checked` makes them; both are empty, and `answered` None, for
    an answer that was not checked.
    """

    model: str
    citations: tuple[int, ...]
    verdicts: tuple[Json, ...] = ()
    support: tuple[Json, ...] = ()
    answered: Answered | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    stopped: Stopped | None = None


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The answer broke off; what came before it stays incomplete."""

    code: ErrorCode
    message: str


Event = PassagesEvent | TokenEvent | DoneEvent | ErrorEvent
Ending = DoneEvent | ErrorEvent


def failure(code: ErrorCode) -> ErrorEvent:
    """The error event of a code, in plain words."""
    return ErrorEvent(code=code, message=_MESSAGES[code])


def as_json(event: Event) -> Json:
    """The event as the JSON object that clients see; `stopped` only where it has a reason."""
    match event:
        case PassagesEvent():
            return {
                "event": "passages",
                "answer_id": event.answer_id,
                "confidence": event.confidence,
                "confidence_source": event.confidence_source,
                "passages": list(event.passages),
                "timings_ms": dict(event.timings_ms),
                "degraded": list(event.degraded),
            }
        case TokenEvent():
            return {"event": "token", "text": event.text}
        case DoneEvent():
            return _done_as_json(event)
        case ErrorEvent():
            return {"event": "error", "code": event.code, "message": event.message}


def from_json(stored: Mapping[str, Any]) -> TokenEvent | Ending:
    """The event that `as_json` turned into `stored`. Raises `ValueError` for any other."""
    match stored:
        case {"event": "token", "text": str(text)}:
            return TokenEvent(text)
        case {"event": "error", "code": code, "message": str(message)}:
            return ErrorEvent(code=code, message=message)
        case {"event": "done", "model": str(model)}:
            return DoneEvent(
                model=model,
                citations=tuple(stored["citations"]),
                verdicts=tuple(stored["verdicts"]),
                support=tuple(stored.get("support", ())),
                answered=stored.get("answered"),
                usage=stored["usage"],
                timings_ms=stored["timings_ms"],
                stopped=stored.get("stopped"),
            )
    raise ValueError("not a stored answer event")


def ndjson(event: Event) -> str:
    """The event as one line of JSON, line feed included."""
    # ASCII only: some clients split lines at U+2028 too
    return json.dumps(as_json(event), separators=(",", ":")) + "\n"


def _done_as_json(event: DoneEvent) -> Json:
    return {
        "event": "done",
        "model": event.model,
        "citations": list(event.citations),
        "verdicts": list(event.verdicts),
        "support": list(event.support),
        "answered": event.answered,
        "usage": dict(event.usage),
        "timings_ms": dict(event.timings_ms),
        **({"stopped": event.stopped} if event.stopped else {}),
    }
