"""Lists of articles over the API: pages, filters, and how much they ask of the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledge.models import Article, Status
from tests.knowledge.api.client import Api, problem_of


def titles(api: Api, **parameters: Any) -> list[str]:
    response = api("GET", "/articles/", query_params=parameters)
    assert response.status_code == 200, response.json()
    return [item["title"] for item in response.json()["items"]]


@pytest.fixture
def many(make_article: Callable[..., Article]) -> list[Article]:
    return [make_article(f"Article {number:02}") for number in range(23)]


def test_pages_follow_each_other_to_the_end_and_back(visitor: Api, many: list[Article]) -> None:
    first = visitor("GET", "/articles/", query_params={"sort": "title"}).json()
    assert (len(first["items"]), first["previous_cursor"]) == (20, None)
    parameters = {"sort": "title", "cursor": first["next_cursor"]}
    second = visitor("GET", "/articles/", query_params=parameters).json()
    assert (len(second["items"]), second["next_cursor"]) == (3, None)
    parameters = {"sort": "title", "cursor": second["previous_cursor"]}
    assert visitor("GET", "/articles/", query_params=parameters).json()["items"] == first["items"]


def test_a_page_is_as_long_as_asked_for(visitor: Api, many: list[Article]) -> None:
    assert len(titles(visitor, limit=2)) == 2
    assert len(titles(visitor, limit=100)) == 23


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"limit[$gt]": "1", "limit": "{}"}, "limit"),
        ({"cursor": "made up"}, "cursor"),
        ({"cursor": "\x00\ud800".encode("utf-8", "replace").decode()}, "cursor"),
        ({"status": "trashed"}, "status"),
        ({"sort": "$where"}, "sort"),
        ({"visibility": "*"}, "visibility"),
        ({"tag": "x" * 41}, "tag"),
        ({"category": "a\x00b"}, "category"),
    ],
)
def test_c1_what_makes_no_sense_is_refused(
    visitor: Api, many: list[Article], parameters: dict[str, str], field: str
) -> None:
    document = problem_of(visitor("GET", "/articles/", query_params=parameters), 400)
    assert document["errors"].keys() == {field}


def test_a_list_is_narrowed_as_on_the_page(
    editor: Api, make_article: Callable[..., Article]
) -> None:
    make_article("Ports", tags=["net", "tcp"], category="Guides")
    make_article("Hosts", tags=["net"], status=Status.DRAFT)
    assert titles(editor, tag="net", sort="title") == ["Hosts", "Ports"]
    assert titles(editor, tag=["net", "tcp"]) == ["Ports"]
    assert titles(editor, category="Guides") == ["Ports"]
    assert titles(editor, status="draft") == ["Hosts"]
    assert titles(editor, text="ho") == ["Hosts"]


def test_t4_readers_see_what_is_published(
    visitor: Api, editor: Api, make_article: Callable[..., Article]
) -> None:
    make_article("Ports")
    make_article("Hosts", status=Status.DRAFT)
    make_article("Names", visibility="members")
    assert titles(visitor) == ["Ports"]
    assert titles(visitor, status="draft") == []
    assert len(titles(editor)) == 3


def test_a_list_holds_no_texts(visitor: Api, many: list[Article]) -> None:
    [item] = visitor("GET", "/articles/", query_params={"limit": 1}).json()["items"]
    assert "content" not in item


def test_a_longer_list_asks_the_database_no_more(
    editor: Api, make_article: Callable[..., Article]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert titles(editor)
        return len(captured)

    for number in range(2):
        editor("POST", "/articles/", {"title": f"First {number}"})
    few = queries()
    for number in range(15):
        editor("POST", "/articles/", {"title": f"More {number}"})
    assert queries() == few == 6
