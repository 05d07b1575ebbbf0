"""When a stored answer is used again, and when the question is searched or asked anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kbsite import mongo
from knowledge.answers import opening
from knowledge.answers.retrieved import KEPT_CURRENT, KEPT_DEGRADED
from knowledge.editing import trash_article
from knowledge.models import Article
from knowledge.search.retrieve import Retrieval
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import Opened, passage, retrieval
from tests.knowledge.site import Site

Open = Callable[..., Opened]


@pytest.fixture
def other_order(finds: Callable[..., None], articles: list[Article]) -> Callable[[], None]:
    """From now on the same passages are found in another order, as without reranking."""
    return lambda: finds(passages=[passage(1, articles[1]), passage(2, articles[0])])


@pytest.fixture
def something_is_indexed(articles: list[Article]) -> Callable[[], None]:
    """Another article of the workspace was indexed a moment ago."""

    def index() -> None:
        Article.objects.filter(pk=articles[1].pk).update(indexed_at=datetime.now(UTC))

    return index


def grow_older(by: timedelta) -> None:
    for answer in mongo.answers().find():
        older = {"created_at": answer["created_at"] - by}
        mongo.answers().update_one({"_id": answer["_id"]}, {"$set": older})


def searches(monkeypatch: pytest.MonkeyPatch, found: Retrieval) -> list[str]:
    asked: list[str] = []

    def retrieve(*, question: str, **_: object) -> Retrieval:
        asked.append(question)
        return found

    monkeypatch.setattr(opening, "retrieve", retrieve)
    return asked


def test_a_reload_calls_no_model_again_though_a_search_would_end_otherwise(
    site: Site, model: OpenAIServer, opened: Open, other_order: Callable[[], None]
) -> None:
    answer = opened()
    other_order()
    assert opened().id == answer.id, "not started yet"
    shown = site.open(answer.path + "/stream").events
    assert opened().id == answer.id, "done"
    assert site.open(opened().path + "/stream").events[-3:] == shown[-3:]
    assert len(model.calls) == 1
    assert opened("Which host?").id != answer.id


def test_a_reload_does_not_search_again(
    opened: Open, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = searches(monkeypatch, retrieval("strong", (passage(1, articles[0]),)))
    assert opened().id == opened().id
    assert len(asked) == 1


def test_the_sources_of_an_answer_that_is_used_again_are_its_own(
    opened: Open,
    other_order: Callable[[], None],
    something_is_indexed: Callable[[], None],
) -> None:
    first = opened()
    other_order()
    something_is_indexed()
    again = opened()
    assert again.id == first.id
    assert [p.title for p in again.retrieval.passages] == ["Ports", "Hosts"]


def test_what_was_indexed_since_is_found(
    opened: Open,
    finds: Callable[..., None],
    articles: list[Article],
    something_is_indexed: Callable[[], None],
) -> None:
    before = opened()
    finds(passages=[passage(1, articles[1])])
    assert opened().id == before.id
    something_is_indexed()
    after = opened()
    assert after.id != before.id
    assert [p.title for p in after.retrieval.passages] == ["Hosts"]
    assert opened().id == after.id, "the newest is the one that is used again"


def test_what_is_written_of_now_is_not_said_to_be_missing(
    opened: Open,
    articles: list[Article],
    something_is_indexed: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = replace(retrieval("weak", (passage(1, articles[0]),)), unwritten=("SAML",))
    searches(monkeypatch, found)
    first = opened()
    assert opened().retrieval.unwritten == ("SAML",), "as it was stored"
    something_is_indexed()
    assert opened().id == first.id
    searches(monkeypatch, replace(found, unwritten=()))
    after = opened()
    assert (after.id != first.id, after.retrieval.unwritten) == (True, ())


def test_a_day_later_the_question_is_searched_again(
    opened: Open, finds: Callable[..., None], articles: list[Article]
) -> None:
    before = opened()
    Article.objects.update(indexed_at=None, updated_at=datetime(2020, 1, 1, tzinfo=UTC))
    grow_older(KEPT_CURRENT)
    assert opened().id == before.id, "the same passages, the same answer"
    finds(passages=[passage(1, articles[1])])
    assert opened().id != before.id


def test_what_was_found_without_a_part_of_the_search_is_not_kept_for_a_day(
    opened: Open, articles: list[Article], finds: Callable[..., None]
) -> None:
    before = opened()
    Article.objects.update(indexed_at=None, updated_at=datetime(2020, 1, 1, tzinfo=UTC))
    mongo.answers().update_many({}, {"$set": {"retrieval.degraded": ["rerank_skipped"]}})
    finds(passages=[passage(1, articles[1])])
    grow_older(timedelta(minutes=1))
    assert opened().id == before.id, "a reload"
    grow_older(KEPT_DEGRADED)
    assert opened().id != before.id


def test_t6_an_answer_whose_source_was_withdrawn_is_not_used_again(
    opened: Open, articles: list[Article]
) -> None:
    before = opened()
    article = Article.objects.get(pk=articles[0].pk)
    trash_article(article, seen=article.version, author=None)
    assert opened().id != before.id


def test_an_answer_on_an_older_revision_is_not_used_again(
    opened: Open, articles: list[Article]
) -> None:
    before = opened()
    Article.objects.filter(pk=articles[0].pk).update(indexed_revision=2)
    assert opened().id != before.id


def test_a_question_that_found_nothing_is_searched_again(
    opened: Open, finds: Callable[..., None]
) -> None:
    finds("none")
    unknown = opened()
    finds("strong")
    assert opened().id != unknown.id
