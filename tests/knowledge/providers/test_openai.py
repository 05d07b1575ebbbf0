"""OpenAI's real client against a scripted server: choosing, streaming, cancelling."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from pytest_django import Settings

from knowledge import providers
from knowledge.providers import Usage
from knowledge.providers import openai as module
from knowledge.providers.openai import ChatAnswerer
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.providers.asking import PROMPT, ask, parts


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
