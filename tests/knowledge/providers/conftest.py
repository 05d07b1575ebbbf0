"""The fake model servers, and the settings that point the providers at them."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from knowledge import providers
from tests.fakes.openai_server import OpenAIServer, openai_server
from tests.fakes.voyage_server import VoyageServer, voyage_server

__all__ = ["openai_server", "voyage_server"]


@pytest.fixture(autouse=True)
def fresh_choice_of_models() -> Iterator[None]:
    """What `embedder()` and its like chose is forgotten before and after each test."""
    chosen = (providers.embedder, providers.reranker, providers.chat_answerer)
    for choice in chosen:
        choice.cache_clear()
    yield
    for choice in chosen:
        choice.cache_clear()


@pytest.fixture
def voyage(voyage_server: VoyageServer, settings: Settings) -> VoyageServer:
    """Fake Voyage, configured."""
    settings.VOYAGE_API_KEY = "key-of-the-test"
    settings.VOYAGE_BASE_URL = voyage_server.base_url
    return voyage_server


@pytest.fixture
def chat(openai_server: OpenAIServer, settings: Settings) -> OpenAIServer:
    """A scripted chat model, configured."""
    settings.OPENAI_API_KEY = ""
    settings.OPENAI_BASE_URL = openai_server.base_url
    return openai_server
