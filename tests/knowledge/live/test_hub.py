"""One change stream for all pages: its number, its absence, its end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from kbsite import mongo
from knowledge.live import catching_up, followers, hub
from knowledge.live.hub import live_status
from knowledge.models import Article
from tests.knowledge.live.conftest import Watch
from tests.knowledge.site import Site, wait_until

MakeArticle = Callable[..., Article]
Fail = Callable[..., None]
APP = "live-tests"


@pytest.fixture(autouse=True)
def own_application_name(settings: Settings) -> None:
    """What the streams of this test are known by to MongoDB."""
    settings.MONGODB_OPTIONS = {**settings.MONGODB_OPTIONS, "appname": APP}


@pytest.fixture
def fail() -> Iterator[Fail]:
    """Let MongoDB refuse commands of the streams' client, until called without any."""

    def set_(*commands: str) -> None:
        data = {"failCommands": commands, "errorCode": 40573, "appName": APP}
        mode: Any = {"mode": "alwaysOn", "data": data} if commands else {"mode": "off"}
        mongo.client().admin.command({"configureFailPoint": "failCommand", **mode})

    yield set_
    set_()


def cursors() -> int:
    """How many change streams the server keeps for the site's pages."""
    found = mongo.client().admin.aggregate(
        [
            {"$currentOp": {"idleCursors": True, "allUsers": True}},
            {"$match": {"cursor.originatingCommand.pipeline.$changeStream": {"$exists": True}}},
            {"$match": {"appName": APP}},
        ]
    )
    return len({op["cursor"]["cursorId"] for op in found})


def test_many_pages_share_one_change_stream_and_leave_nothing_behind(
    site: Site, watch: Watch, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MAX_STREAMS_EACH", 100)
    article = make_article()
    first = watch(article)
    first.next()
    first.visit.abort()
    wait_until(lambda: live_status()["subscribers"] == 0)
    wait_until(lambda: cursors() == 0)
    before = site.tasks()
    pages = [watch(article) for _ in range(12)]
    for page in pages:
        page.next()
    assert live_status() == {"mode": "stream", "subscribers": 12}
    assert cursors() == 1
    Article.objects.update(chunks_done=1)
    for page in pages:
        page.until("state")
        page.visit.abort()
    wait_until(lambda: site.tasks() <= before)
    wait_until(lambda: cursors() == 0)


def test_a_page_that_cannot_keep_up_is_told_everything_anew(
    watch: Watch, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MAX_WAITING", 1)
    made = [make_article(f"Article {number}") for number in range(20)]
    page = watch(*made)
    page.next()
    Article.objects.update(pending=False, indexed_revision=1)
    told, _ = page.until("reset")
    assert {state["kind"] for state in told["states"]} == {"searchable"}


def test_without_change_streams_it_polls_and_says_so(
    watch: Watch, make_article: MakeArticle, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_EVERY", 0.05)
    monkeypatch.setattr(hub, "TRY_STREAM_EVERY", 0.5)
    article = make_article()
    fail("aggregate")
    page = watch(article)
    page.next()
    assert live_status() == {"mode": "polling", "subscribers": 1}
    Article.objects.update(pending=False, indexed_revision=1)
    page.until("state", kind="searchable")
    fail()
    page.until("reset")
    assert live_status()["mode"] == "stream"
    Article.objects.update(pending=True)
    assert page.until("state", kind="waiting")[1]


def test_a_stream_that_breaks_goes_on_where_it_was(
    watch: Watch, make_article: MakeArticle, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_EVERY", 0.05)
    monkeypatch.setattr(hub, "TRY_STREAM_EVERY", 0.1)
    page = watch(make_article())
    page.next()
    fail("getMore", "find")
    wait_until(lambda: live_status()["mode"] == "polling")
    Article.objects.update(chunks_done=1)
    fail()
    while not page.until("state")[1]:
        pass  # told by polling; the stream tells it, too, with its place


def old(token: str) -> str:
    return f"{token[:2]}00000001{token[10:]}"


HOSTILE: dict[str, Callable[[str], str]] = {
    "too old": old,
    "in the future": lambda token: f"{token[:2]}FFFFFFF0{token[10:]}",
    "cut": lambda token: token[:-4],
    "huge": lambda token: token * 100,
    "words": lambda _: "drop-everything",
    "JSON": lambda _: '{"_data":{"$gt":""}}',
    "BSON": lambda _: "%16%00%00%00%02_data%00%01",
    "zeros": lambda _: "0" * 64,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=list(HOSTILE))
def test_a_place_that_cannot_be_found_again_starts_over(
    watch: Watch, make_article: MakeArticle, hostile: Callable[[str], str]
) -> None:
    article = make_article()
    page = watch(article)
    token = page.next()[2]
    page.visit.abort()
    wait_until(lambda: live_status()["subscribers"] == 0)
    back = watch(article, last=hostile(token))
    name, told, place = back.next()
    assert (name, told["states"][0]["kind"]) == ("reset", "waiting")
    assert place >= token


def test_too_much_that_was_missed_is_told_as_a_whole(
    watch: Watch, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "MAX_CHANGES", 3)
    article = make_article()
    page = watch(article)
    token = page.next()[2]
    page.visit.abort()
    for number in range(5):
        Article.objects.update(chunks_done=number + 1)
    assert watch(article, last=token).next()[0] == "reset"
