"""Nothing is asked of a model twice: what it said of the same words is remembered."""

import math
from collections.abc import Sequence

import pytest

from knowledge import providers
from knowledge.providers import BudgetExceeded
from knowledge.search import remembered
from knowledge.search.remembered import Memory
from tests.fakes.embedder import WordEmbedder

QUESTION = "Which port?"


class CountingReranker:
    """Scores a text by its length; remembers what it was given, and stops after `most` texts."""

    recipe = "length@1"
    hosted = False

    def __init__(self, *, most: float = math.inf, max_tokens: int = 128) -> None:
        self.read: list[str] = []
        self.most, self.max_tokens = most, max_tokens

    def rerank(self, query: str, texts: Sequence[str], *, deadline: float) -> list[float]:
        self.read += texts
        scores = [len(text) / 100 for text in texts]
        if len(texts) > self.most:
            raise BudgetExceeded([s if n < self.most else None for n, s in enumerate(scores)])
        return scores


def relevances(reranker: CountingReranker, *texts: str, question: str = QUESTION) -> list[float]:
    return remembered.relevances(reranker, question, texts, seconds=1)


def test_only_texts_that_are_new_go_to_the_model() -> None:
    model = CountingReranker()
    assert relevances(model, "a", "bb") == [0.01, 0.02]
    assert relevances(model, "ccc", "bb", "ccc", "a") == [0.03, 0.02, 0.03, 0.01]
    assert model.read == ["a", "bb", "ccc"]


def test_another_question_recipe_or_length_is_another_score() -> None:
    first, other, longer = CountingReranker(), CountingReranker(), CountingReranker(max_tokens=256)
    other.recipe = "length@2"
    relevances(first, "a")
    for model, question in ((first, "Another?"), (other, QUESTION), (longer, QUESTION)):
        relevances(model, "a", question=question)
        assert model.read[-1:] == ["a"]
    assert len(first.read) == 2


def test_what_was_scored_when_the_time_ran_out_is_kept_for_the_next_asker() -> None:
    slow, next_time = CountingReranker(most=2), CountingReranker()
    with pytest.raises(BudgetExceeded):
        relevances(slow, "a", "bb", "ccc")
    assert relevances(next_time, "a", "bb", "ccc") == [0.01, 0.02, 0.03]
    assert next_time.read == ["ccc"]


def test_a_question_is_embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "embedder", WordEmbedder)
    vector = remembered.query_vector(WordEmbedder.recipe, QUESTION)
    monkeypatch.setattr(WordEmbedder, "embed_query", lambda *_: pytest.fail("asked again"))
    assert remembered.query_vector(WordEmbedder.recipe, QUESTION) is vector


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    memory: Memory[str, int] = Memory(2)
    for number, key in enumerate("ab"):
        memory.put(key, number)
    assert memory.get("a") == 0
    memory.put("c", 2)
    assert [memory.get(key) for key in "abc"] == [0, None, 2]
