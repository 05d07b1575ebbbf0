"""From a question to passages: the pipeline on a real database, with a deterministic embedder."""

from collections.abc import Callable
from typing import Any

import pytest

from knowledge.access import Scope
from knowledge.models import Article
from knowledge.search import running
from knowledge.search.retrieve import Retrieval, retrieve

Publish = Callable[..., Article]
QUESTION = "Which port does the server listen on?"
ANSWER = "The server does listen on port 8000."


def titles(found: Retrieval) -> list[str]:
    return [passage.title for passage in found.passages]


@pytest.fixture
def ask(publish: Publish, scope: Scope) -> Callable[..., Retrieval]:
    """Ask the question as anybody, unless said otherwise."""
    return lambda question=QUESTION, **narrow: retrieve(
        question=question, **{"scope": scope, **narrow}
    )


def test_a_passage_says_where_it_is_from(ask: Callable[..., Retrieval], publish: Publish) -> None:
    text = f"Intro.\n\n## Which port\n\n{ANSWER}\n"
    article = publish("Server", text, tags=["net"], category="ops")
    [first, *_] = ask().passages
    assert (first.n, first.title, first.breadcrumb) == (1, "Server", ("Server", "Which port"))
    assert first.url == f"/w/team/a/server#{first.anchor}"
    assert text[first.start : first.end] == first.text == ANSWER
    assert (first.article_id, first.revision, first.tags) == (article.pk, 1, ("net",))
    assert 0 <= first.relevance <= 1


def test_the_event_has_exactly_the_agreed_fields(
    ask: Callable[..., Retrieval], publish: Publish
) -> None:
    publish("Server", ANSWER)
    assert set(ask().passages[0].as_json()) == {
        "n", "article_id", "title", "breadcrumb", "url", "text", "start", "end", "relevance",
        "revision", "indexed_at",
    }  # fmt: skip


def test_every_stage_is_timed(ask: Callable[..., Retrieval], publish: Publish) -> None:
    publish("Server", ANSWER)
    timings = ask().timings_ms
    assert {"embed", "keyword", "semantic", "fusion", "rerank", "total"} <= timings.keys()
    assert timings["total"] >= max(timings.values())


def test_the_same_text_twice_is_shown_once(ask: Callable[..., Retrieval], publish: Publish) -> None:
    publish("Server", ANSWER)
    publish("Server again", ANSWER)
    assert len(ask().passages) == 1


def test_at_most_five_passages_numbered_from_one(
    ask: Callable[..., Retrieval], publish: Publish
) -> None:
    for number in range(7):
        publish("Server", f"{ANSWER} Room {number}.")
    assert [passage.n for passage in ask().passages] == [1, 2, 3, 4, 5]


def test_tags_and_category_narrow(ask: Callable[..., Retrieval], publish: Publish) -> None:
    publish("Red", f"{ANSWER} Red.", tags=["red"], category="paint")
    publish("Blue", f"{ANSWER} Blue.", tags=["blue"], category="paint")
    assert titles(ask(tags=["blue"])) == ["Blue"]
    assert titles(ask(category="paint", tags=["red"])) == ["Red"]
    assert titles(ask(category="wine")) == []


def test_g1_what_is_unlikely_to_answer_is_not_shown(
    ask: Callable[..., Retrieval], publish: Publish, settings: Any
) -> None:
    publish("Server", ANSWER)
    settings.CONFIDENCE_WEAK = 1.0
    found = ask()
    assert (found.confidence, found.passages) == ("none", ())


def test_between_the_thresholds_confidence_is_weak(
    ask: Callable[..., Retrieval], publish: Publish, settings: Any
) -> None:
    publish("Server", ANSWER)
    assert ask().confidence == "strong"
    settings.CONFIDENCE_WEAK, settings.CONFIDENCE_STRONG = 0.0, 1.0
    assert ask().confidence == "weak"


@pytest.mark.parametrize(
    ("question", "strong", "weak"),
    [
        (QUESTION, (), ()),
        ("Which harbor does the server listen on?", (), ("harbor",)),
        ("Which harbor does the server listen on in Vue?", ("Vue",), ("Vue",)),
    ],
)
def test_a_name_that_nobody_wrote_is_always_told_and_another_word_where_the_site_is_not_sure(
    ask: Callable[..., Retrieval], publish: Publish, settings: Any,
    question: str, strong: tuple[str, ...], weak: tuple[str, ...],
) -> None:  # fmt: skip
    publish("Server", ANSWER)
    settings.CONFIDENCE_WEAK = settings.CONFIDENCE_STRONG = 0.0
    assert ask(question).unwritten == strong
    settings.CONFIDENCE_STRONG = 1.0
    assert ask(question).unwritten == weak


@pytest.mark.parametrize(
    "question", ["", " \n\t ", "\x00\x07", "\u2028", "\ud800", "漢字", "?!", "x" * 10_000]
)
def test_c1_odd_questions_are_answered_with_nothing(
    ask: Callable[..., Retrieval], publish: Publish, question: str
) -> None:
    publish("Server", ANSWER)
    assert isinstance(ask(question).passages, tuple)


def test_control_characters_do_not_change_what_is_found(
    ask: Callable[..., Retrieval], publish: Publish
) -> None:
    publish("Server", ANSWER)
    assert titles(ask("Which\x00port\ndoes the\u2028server listen on?")) == ["Server"]


# what a scope allows


@pytest.mark.parametrize(
    "scope",
    [Scope(), None, [], "*", {"$ne": ""}, Scope(frozenset({("*", "public"), ("{}", "public")}))],
)
def test_t2_a_scope_that_grants_nothing_finds_nothing(publish: Publish, scope: Any) -> None:
    publish("Server", ANSWER)
    found = retrieve(question=QUESTION, scope=scope)
    assert (found.passages, found.confidence) == ((), "none")


def test_t2_an_empty_scope_never_reaches_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "engine", lambda: pytest.fail("the engine was used"))
    assert retrieve(question=QUESTION, scope=Scope()).passages == ()
