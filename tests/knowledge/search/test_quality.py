"""Finding and refusing on a manual that nobody here wrote, with the bundled models (G1)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import quality
from knowledge import providers
from knowledge.providers import Embedder
from knowledge.providers.local import LocalEmbedder, LocalReranker


@pytest.fixture
def embedder() -> Embedder:
    return LocalEmbedder()


@pytest.mark.soak
def test_g1_answerable_questions_are_kept_and_others_refused(
    shared_data: Callable[[str], Path],
    index: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    shared_data("anthropic_docs")
    settings.RERANK_BUDGET_MS = 60_000
    monkeypatch.setattr(providers, "reranker", LocalReranker)
    quality.fill_anthropic_docs()
    index()
    found = quality.measure("anthropic_docs")
    assert found["ndcg_10"] >= 0.75
    assert found["kept"] >= 0.9
    assert found["refused_far"] >= 0.95
    assert found["refused_cross"] >= 0.8
    assert found["refused_near"] >= 0.6
