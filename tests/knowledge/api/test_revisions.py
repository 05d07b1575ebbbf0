"""What an article said before, over the API."""

from collections.abc import Callable

import pytest

from knowledge.editing import edit_article
from knowledge.models import Article
from tests.knowledge.api.client import Api, problem_of

REVISIONS = "/articles/ports/revisions/"


@pytest.fixture
def ports(make_article: Callable[..., Article]) -> Article:
    """An article at version 4 and revision 3."""
    article = make_article()
    edit_article(article, seen=1, author=None, content="The port is 9000.", note="Moved")
    edit_article(article, seen=2, author=None, title="Doors")
    edit_article(article, seen=3, author=None, tags=["net"])
    return article


def test_revisions_are_listed_the_newest_first_and_without_texts(
    editor: Api, ports: Article
) -> None:
    listed = editor("GET", REVISIONS).json()
    assert [item["number"] for item in listed["items"]] == [3, 2, 1]
    assert (listed["items"][1]["note"], listed["items"][1]["author"]) == ("Moved", None)
    assert listed["next_cursor"] is None
    assert "content" not in listed["items"][0]


def test_revisions_come_in_pages(editor: Api, ports: Article) -> None:
    first = editor("GET", REVISIONS, query_params={"limit": 2}).json()
    assert [item["number"] for item in first["items"]] == [3, 2]
    parameters = {"limit": 2, "cursor": first["next_cursor"]}
    second = editor("GET", REVISIONS, query_params=parameters).json()
    assert [item["number"] for item in second["items"]] == [1]
    assert second["next_cursor"] is None
    for cursor in ("x", "-1", "9" * 30, "{}"):
        problem_of(editor("GET", REVISIONS, query_params={"cursor": cursor}), 400)


def test_a_revision_is_read_with_its_text(editor: Api, ports: Article) -> None:
    shown = editor("GET", f"{REVISIONS}2").json()
    assert (shown["title"], shown["content"]) == ("Ports", "The port is 9000.")
    problem_of(editor("GET", f"{REVISIONS}4"), 404)


def test_restoring_makes_a_new_revision(editor: Api, ports: Article) -> None:
    response = editor("POST", f"{REVISIONS}1/restore", seen=4)
    restored = response.json()
    assert (restored["title"], restored["content"]) == ("Ports", "The port is 8000.")
    assert (restored["revision"], restored["version"], restored["tags"]) == (4, 5, ["net"])
    assert response.headers["ETag"] == '"5"'
    [newest, *_] = editor("GET", REVISIONS).json()["items"]
    assert (newest["author"], newest["note"]) == ("ann", "Restored revision 1")


def test_restoring_says_which_version_was_seen(editor: Api, ports: Article) -> None:
    problem_of(editor("POST", f"{REVISIONS}1/restore", {}), 428)
    assert problem_of(editor("POST", f"{REVISIONS}1/restore", {"version": 3}), 409)["version"] == 4
    assert editor("POST", f"{REVISIONS}1/restore", {"version": 4}).status_code == 200


def test_the_revisions_of_a_renamed_article_are_found_by_its_old_address(
    editor: Api, ports: Article
) -> None:
    edit_article(ports, seen=4, author=None, slug="doors")
    response = editor("GET", f"{REVISIONS}2")
    assert response.status_code == 308
    assert editor("GET", response.headers["Location"]).json()["number"] == 2
