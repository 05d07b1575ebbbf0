"""Asking the chat model that the settings name, from a test that is not async."""

import asyncio

import pytest

from knowledge.providers import Prompt, ProviderError, Usage
from knowledge.providers.openai import ChatAnswerer

PROMPT = Prompt(system="The rules.", user="Passages and question.", question="Why?", passages=())


async def parts(prompt: Prompt = PROMPT) -> list[str | Usage]:
    return [part async for part in ChatAnswerer().stream(prompt)]


def ask(prompt: Prompt = PROMPT) -> list[str | Usage]:
    """All that the answer consists of."""
    return asyncio.run(parts(prompt))


def failure(prompt: Prompt = PROMPT) -> ProviderError:
    """The error that the answer ends with."""
    with pytest.raises(ProviderError) as caught:
        ask(prompt)
    return caught.value
