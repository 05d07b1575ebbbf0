"""OpenAI's real client against a server that fails: retries, codes, stalls, broken streams."""

import asyncio
import logging

import pytest
from pytest_django import Settings

from knowledge.providers import Prompt, ProviderError, Usage
from knowledge.providers.openai import ChatAnswerer
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.providers.asking import PROMPT, ask, failure


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(chat: OpenAIServer, status: int) -> None:
    chat.script(["Yes."], usage=False)
    chat.fail(status, times=2)
    assert ask() == ["Yes."]
    assert len(chat.calls) == 3


@pytest.mark.parametrize(
    ("status", "provider_code", "code", "attempts"),
    [
        (429, None, "busy", 3),
        (429, "insufficient_quota", "model_unavailable", 3),
        (500, None, "model_unavailable", 3),
        (401, "invalid_api_key", "model_unavailable", 1),
        (404, "model_not_found", "model_unavailable", 1),
        (400, None, "internal", 1),
        (400, "context_length_exceeded", "too_long", 1),
        (413, None, "too_long", 1),
    ],
)
def test_a_lasting_failure_has_its_code(
    chat: OpenAIServer, status: int, provider_code: str | None, code: str, attempts: int
) -> None:
    chat.fail(status, times=9, code=provider_code)
    assert failure().code == code
    assert len(chat.calls) == attempts


def test_a_longer_pause_than_there_is_time_is_not_waited_for(chat: OpenAIServer) -> None:
    chat.fail(429, retry_after=3600)
    assert failure().code == "busy"
    assert len(chat.calls) == 1


def test_a_server_that_is_not_there_is_unavailable(settings: Settings) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    settings.ANSWER_TIMEOUT_MS = 300
    assert failure().code == "model_unavailable"


@pytest.mark.parametrize("tokens_before", [0, 2])
def test_d2_a_stalled_model_times_out(
    chat: OpenAIServer, settings: Settings, tokens_before: int
) -> None:
    settings.ANSWER_STALL_MS = 100
    chat.script(["one ", "two ", "three"], hold_after=tokens_before)
    assert failure().code == "model_timeout"
    assert len(chat.calls) == 1
    assert chat.calls[0].disconnected.wait(5)


def test_d2_an_answer_without_end_times_out(chat: OpenAIServer, settings: Settings) -> None:
    settings.ANSWER_TIMEOUT_MS = 200
    chat.script(["on "] * 10_000, delay=0.01)
    assert failure().code == "model_timeout"
    assert chat.calls[0].disconnected.wait(5)


@pytest.mark.parametrize(
    "how",
    [
        {"cut_after": 0},
        {"cut_after": 2},
        {"cut_after": 2, "cut_in_character": True},
        {"finish_reason": None},
        {"error_event": "It broke."},
        {"raw": b"data: {nonsense\n\n"},
        {"raw": b'data: {"choices": [{"delta": null}]}\n\n'},
        {"raw": b"data: \xff\xfe\n\n"},
    ],
    ids=str,
)
def test_d2_a_broken_stream_is_an_error_and_is_not_asked_for_again(
    chat: OpenAIServer, how: dict[str, object]
) -> None:
    chat.script(["one ", "two ", "three"], **how)
    assert failure().code == "model_unavailable"
    assert len(chat.calls) == 1


def test_d2_what_came_before_the_break_was_streamed(chat: OpenAIServer) -> None:
    chat.script(["one ", "two ", "three"], cut_after=2)
    seen: list[str | Usage] = []

    async def read() -> None:
        async for part in ChatAnswerer().stream(PROMPT):
            seen.append(part)

    with pytest.raises(ProviderError):
        asyncio.run(read())
    assert seen == ["one ", "two "]


def test_an_answer_cut_by_its_length_ends_with_an_ellipsis(chat: OpenAIServer) -> None:
    chat.script(["The port"], finish_reason="length", usage=False)
    assert ask() == ["The port", " …"]


@pytest.mark.parametrize(
    ("tokens", "finish_reason", "code"),
    [
        ([], "stop", "model_unavailable"),
        ([], "length", "too_long"),
        (["The "], "content_filter", "internal"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    chat: OpenAIServer, tokens: list[str], finish_reason: str, code: str
) -> None:
    chat.script(tokens, finish_reason=finish_reason)
    assert failure().code == code


def test_c3_neither_error_nor_log_repeats_prompt_key_or_what_the_server_said(
    chat: OpenAIServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.OPENAI_API_KEY = "canary-key"
    chat.fail(400, message="cannot read: canary-in-error")
    error = failure(Prompt(system="canary-rules", user="canary-text", question="", passages=()))
    assert error.__suppress_context__
    assert "BadRequestError" in caplog.text
    assert "canary" not in caplog.text + str(error)
