"""Two embedders of different dimensions, articles that the first has indexed, and the command."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from kbsite import mongo
from knowledge import providers
from knowledge.models import Article
from knowledge.providers import Embedder, ProviderError
from knowledge.worker import Worker
from tests.fakes.embedder import WordEmbedder

OLD, NEW = "words@1", "words@2"


class WiderEmbedder(WordEmbedder):
    recipe = NEW
    dimensions = 96


@pytest.fixture
def old() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def new() -> WordEmbedder:
    return WiderEmbedder()


@pytest.fixture(autouse=True)
def models(
    db: None, old: WordEmbedder, new: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Embedder]:
    """What can be made, by recipe; take one out to remove its key. The new one is configured."""
    known: dict[str, Embedder] = {OLD: old, NEW: new}

    def embedder_of(recipe: str) -> Embedder:
        if recipe not in known:
            raise ProviderError("No model.", "model_unavailable")
        return known[recipe]

    monkeypatch.setattr(providers, "embedder", lambda: known[NEW])
    monkeypatch.setattr(providers, "embedder_of", embedder_of)
    monkeypatch.setattr(providers, "reranker", lambda: None)
    monkeypatch.setattr("knowledge.management.commands.reembed.settle_in", lambda: None)
    return known


@pytest.fixture
def articles(make_article: Callable[..., Article], old: WordEmbedder) -> list[Article]:
    """Three articles of two sections each, indexed by the old embedder."""
    texts = [f"# A\n\nRoom {n} is blue.\n\n# B\n\nRoom {n} is red." for n in range(3)]
    made = [make_article(f"Room {n}", text) for n, text in enumerate(texts)]
    list(Worker(embedder=old).drain())
    return made


@pytest.fixture
def reembed() -> Callable[..., str]:
    """Run the command; what it said."""

    def run(**options: Any) -> str:
        output = io.StringIO()
        call_command("reembed", **{"yes": True, **options}, stdout=output)
        return output.getvalue()

    return run


def held(recipe: str) -> set[tuple[Any, int, int]]:
    """Which chunks there are in the recipe: article, revision, number."""
    found = mongo.chunks().find({"recipe": recipe})
    return {(one["article_id"], one["revision"], one["chunk_index"]) for one in found}


def work() -> None:
    """Index what is pending, as the site's worker does."""
    list(Worker().drain())
