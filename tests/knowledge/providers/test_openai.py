"""OpenAI's real client against a scripted server: streaming, cancelling, failing, ending."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from pytest_django import Settings

from knowledge import providers
from knowledge.providers import Prompt, ProviderError, Usage
from knowledge.providers import openai as module
from knowledge.providers.openai import ChatAnswerer
from tests.fakes.openai_server import OpenAIServer

PROMPT = Prompt(system="The rules.", user="Passages and question.", question="Why?", passages=())


async def parts() -> list[str | Usage]:
    return [part async for part in ChatAnswerer().stream(PROMPT)]


def ask() -> list[str | Usage]:
    return asyncio.run(parts())


def failure() -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask()
    return caught.value


def test_the_answer_comes_token_by_token_and_ends_with_its_usage(chat: OpenAIServer) -> None:
    chat.script(["The ", "port ", "is 8000 [1]."])
    assert ask() == ["The ", "port ", "is 8000 [1].", Usage(5, 3)]


def test_the_two_messages_are_sent_as_they_are(chat: OpenAIServer) -> None:
    ask()
    [call] = chat.calls
    assert [m["content"] for m in call.body["messages"]] == [PROMPT.system, PROMPT.user]
    assert [m["role"] for m in call.body["messages"]] == ["system", "user"]
    assert call.body["model"] == "gpt-4o-mini"
    assert call.body["stream"] is True


@pytest.mark.parametrize(("key", "url"), [("key", ""), ("", "http://127.0.0.1:9/v1")])
def test_a_key_or_an_address_chooses_the_chat_model(settings: Settings, key: str, url: str) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = key, url
    assert isinstance(providers.chat_answerer(), ChatAnswerer)


def test_with_neither_there_is_no_chat_model(settings: Settings) -> None:
    settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
    assert providers.chat_answerer() is None


def test_an_answer_survives_any_split_of_its_bytes(chat: OpenAIServer) -> None:
    @property_settings(max_examples=15, deadline=None)
    @given(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1),
        st.integers(1, 40),
    )
    def check(tokens: list[str], size: int) -> None:
        chat.script(tokens, split=size, usage=False)
        assert ask() == tokens

    check()


def test_a_server_that_reports_no_usage_is_fine(chat: OpenAIServer) -> None:
    chat.script(["Yes."], usage=False)
    assert ask() == ["Yes."]


def test_a_server_that_refuses_to_report_usage_is_asked_without_it(chat: OpenAIServer) -> None:
    chat.refuse_usage = True
    chat.script(["Yes."])
    assert ask() == ["Yes."]
    assert "stream_options" not in chat.calls[-1].body


def test_d1_closing_the_answer_ends_the_request_within_a_second(chat: OpenAIServer) -> None:
    chat.script(["one ", "two ", "three ", "four"], hold_after=3)

    async def leave_after_three() -> float:
        async with aclosing(ChatAnswerer().stream(PROMPT)) as answer:
            for _ in range(3):
                await anext(answer)
        left = time.monotonic()
        assert await asyncio.to_thread(chat.calls[0].disconnected.wait, 5)
        return left

    left = asyncio.run(leave_after_three())
    assert (chat.calls[0].disconnected_at or 0) - left < 1


def test_d1_cancelling_whoever_waits_for_a_token_ends_the_request(chat: OpenAIServer) -> None:
    chat.script(["one ", "two"], hold_after=1)

    async def cancel_while_waiting() -> None:
        waiting = asyncio.ensure_future(parts())
        await asyncio.to_thread(lambda: chat.wait_for_call().holding.wait(5))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asyncio.to_thread(chat.calls[0].disconnected.wait, 1)

    asyncio.run(cancel_while_waiting())


def test_d1_two_hundred_left_answers_leave_nothing_behind(chat: OpenAIServer) -> None:
    chat.script(["one ", "two"], hold_after=1)

    async def leave(answer: AsyncIterator[str | Usage]) -> None:
        await anext(answer)

    async def leave_often() -> int:
        for _ in range(200):
            async with aclosing(ChatAnswerer().stream(PROMPT)) as answer:
                await leave(answer)
        return len(asyncio.all_tasks())

    assert asyncio.run(leave_often()) == 1
    assert all(call.finished.wait(5) for call in chat.calls)
    assert module._kept == {}


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
    prompt = Prompt(system="canary-rules", user="canary-text", question="Why?", passages=())

    async def read() -> None:
        async for _ in ChatAnswerer().stream(prompt):
            pass

    with pytest.raises(ProviderError) as caught:
        asyncio.run(read())
    assert caught.value.__suppress_context__
    assert "BadRequestError" in caplog.text
    assert "canary" not in caplog.text + str(caught.value)
