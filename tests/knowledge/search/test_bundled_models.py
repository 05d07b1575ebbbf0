"""The bundled models in the pipeline: what is covered is found, what is not is refused (G1)."""

from collections.abc import Callable
from typing import Any

import pytest

from knowledge import providers
from knowledge.access import Scope
from knowledge.models import Article
from knowledge.providers import Embedder
from knowledge.providers.local import LocalEmbedder, LocalReranker
from knowledge.search.retrieve import Retrieval, retrieve

PAGES = {
    "Backups": "Backups are written every night at 2 o'clock and are kept for thirty days.",
    "Ports": "The web server listens on port 8000 unless PORT names another one.",
    "Passwords": "After ten wrong passwords an account is locked for one hour.",
    "Languages": "The interface exists in English only; articles can be in any language.",
}


@pytest.fixture
def embedder() -> Embedder:
    return LocalEmbedder()


@pytest.fixture
def ask(
    publish: Callable[..., Article], scope: Scope, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Callable[[str], Retrieval]:
    settings.RERANK_BUDGET_MS = 60_000
    monkeypatch.setattr(providers, "reranker", LocalReranker)
    for title, content in PAGES.items():
        publish(title, content)
    return lambda question: retrieve(question=question, scope=scope)


def test_g1_covered_questions_are_answered_and_others_refused(
    ask: Callable[[str], Retrieval],
) -> None:
    covered = {
        "How long are backups kept?": "Backups",
        "Which port does the server use?": "Ports",
        "How many wrong passwords lock an account?": "Passwords",
    }
    for question, title in covered.items():
        found = ask(question)
        assert (found.confidence, found.passages[0].title) == ("strong", title)
        assert "calibrated" in found.confidence_source
    for question in ("Who won the world cup in 1998?", "How do I prune an apple tree?"):
        assert (ask(question).confidence, ask(question).passages) == ("none", ())


def test_g1_a_product_that_nobody_wrote_about_is_refused_and_named(
    ask: Callable[[str], Retrieval],
) -> None:
    found = ask("Which port does Elasticsearch use?")
    assert (found.confidence, found.unwritten) == ("none", ("Elasticsearch",))


def test_g1_another_language_is_refused_rather_than_guessed(
    ask: Callable[[str], Retrieval],
) -> None:
    assert ask("昨日の晩ご飯は何でしたか").confidence == "none"
