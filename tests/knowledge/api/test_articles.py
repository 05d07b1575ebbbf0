"""Reading and writing articles over the API."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from knowledge.editing import edit_article
from knowledge.models import Article, Revision, Status, Visibility, Workspace
from tests.knowledge.api.client import TEAM, Api, problem_of

PORTS = "/articles/ports"
SETTABLE = {
    "title": "  New   title ",
    "content": "One\r\ntwo",
    "summary": "Short",
    "tags": ["a, b", "A"],
    "category": "Guides",
    "visibility": "private",
    "status": "published",
    "slug": "My-Slug",
}
STORED = {
    "title": "New title",
    "content": "One\ntwo",
    "summary": "Short",
    "tags": ["a", "b"],
    "category": "Guides",
    "visibility": "private",
    "status": "published",
    "slug": "my-slug",
}


@pytest.fixture
def ports(make_article: Callable[..., Article]) -> Article:
    return make_article()


def test_an_article_is_read_with_its_text_and_its_place_in_searches(
    visitor: Api, ports: Article
) -> None:
    response = visitor("GET", PORTS)
    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')
    assert response.headers["Content-Type"] == "application/json"
    shown = response.json()
    assert (shown["title"], shown["content"]) == ("Ports", "The port is 8000.")
    assert (shown["version"], shown["revision"]) == (1, 1)
    assert shown["url"] == ports.get_absolute_url()
    assert shown["index"] == {
        "state": "waiting",
        "indexed_revision": 0,
        "indexed_at": None,
        "chunks_done": 0,
        "chunks_total": 0,
        "error": "",
        "next_try_at": None,
    }


def test_creating_needs_a_title_only(editor: Api) -> None:
    response = editor("POST", "/articles/", {"title": "Hosts"})
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert response.headers["Location"] == f"{TEAM}/articles/hosts"
    assert response.json() == editor("GET", "/articles/hosts").json()
    made = Article.objects.get()
    assert (made.status, made.visibility, made.content) == ("draft", "public", "")
    assert made.author is not None
    assert made.author.username == response.json()["author"] == "ann"


def test_fields_are_cleaned_as_the_form_cleans_them(editor: Api, ports: Article) -> None:
    made = editor("POST", "/articles/", SETTABLE).json()
    assert {name: made[name] for name in STORED} == STORED
    changed = editor("PATCH", PORTS, SETTABLE | {"slug": "other"}, seen=1).json()
    assert {name: changed[name] for name in STORED} == STORED | {"slug": "other"}


def test_every_broken_rule_is_reported_at_once(editor: Api) -> None:
    wrong = {
        "title": " ",
        "content": "one\ntw\x00o",
        "summary": "a\u202eb",
        "tags": ["x" * 41],
        "category": 7,
        "visibility": "all",
        "status": "trashed",
        "slug": "a b",
    }
    document = problem_of(editor("POST", "/articles/", wrong), 400)
    assert document["errors"].keys() == wrong.keys()
    assert document["errors"]["content"] == ["Take out the character U+0000 in line 2."]
    assert document["errors"]["status"] == ["Use one of: draft, published, archived."]
    assert not Article.objects.exists()


def test_t3_nobody_sets_what_the_site_decides(
    editor: Api, ports: Article, make_workspace: Callable[..., Workspace]
) -> None:
    other = make_workspace("other")
    privileged = {
        "workspace": "other",
        "workspace_id": str(other.pk),
        "author": "eve",
        "author_id": str(other.pk),
        "revision": 99,
        "indexed_revision": 99,
        "indexed_at": "2020-01-01T00:00:00Z",
        "pending": False,
        "attempts": 9,
        "source_path": "a.md",
        "source_hash": "0",
        "image_ids": [str(other.pk)],
        "lease_owner": "eve",
        "lease_until": "2050-01-01T00:00:00Z",
        "trashed_from": "published",
        "created_at": "2020-01-01T00:00:00Z",
        "id": str(other.pk),
        "_id": str(other.pk),
        "pk": str(other.pk),
        "index": {"state": "searchable"},
    }
    editor("POST", "/articles/", {"title": "Hosts"} | privileged)
    made, before = Article.objects.get(slug="hosts"), _stored(ports)
    assert editor("PATCH", PORTS, privileged, seen=1).json()["version"] == 1
    assert _stored(ports) == before
    assert (made.workspace_id, made.revision, made.pending) == (ports.workspace_id, 1, True)
    assert (made.indexed_revision, made.source_path, made.lease_owner) == (0, "", "")
    assert (made.author.username if made.author else "") == "ann"


def _stored(article: Article) -> dict[str, Any]:
    return dict(Article.objects.filter(pk=article.pk).values().get())


def test_a_change_says_which_version_it_is_of(editor: Api, ports: Article) -> None:
    problem_of(editor("PATCH", PORTS, {"title": "Doors"}), 428)
    by_header = editor("PATCH", PORTS, {"title": "Doors"}, seen=1)
    assert (by_header.status_code, by_header.headers["ETag"]) == (200, '"2"')
    by_body = editor("PATCH", PORTS, {"title": "Gates", "version": 2})
    assert (by_body.json()["version"], by_body.json()["revision"]) == (3, 3)


@pytest.mark.parametrize("name", ["*", "1", 'W/"1"', '"1", "2"', '"x"', '"' + "9" * 99 + '"'])
def test_what_names_no_single_version_is_refused(editor: Api, ports: Article, name: str) -> None:
    response = editor("PATCH", PORTS, {"title": "x"}, headers={"If-Match": name})
    problem_of(response, 400)
    assert _stored(ports)["version"] == 1


@pytest.mark.parametrize("version", ["1", 1.5, True, None, {"$gt": 0}, 0, 10**30])
def test_c1_a_version_is_an_integer(editor: Api, ports: Article, version: Any) -> None:
    document = problem_of(editor("PATCH", PORTS, {"version": version, "title": "x"}), 400)
    assert document["errors"].keys() == {"version"}


def test_two_different_versions_are_refused(editor: Api, ports: Article) -> None:
    problem_of(editor("PATCH", PORTS, {"title": "x", "version": 2}, seen=1), 400)


def test_a_change_of_an_older_version_is_told_the_newer(editor: Api, ports: Article) -> None:
    edit_article(ports, seen=1, author=None, content="Newer")
    edit_article(ports, seen=2, author=None, tags=["a"])
    document = problem_of(editor("PATCH", PORTS, {"content": "Mine"}, seen=1), 409)
    assert (document["version"], document["revision"]) == (3, 2)
    assert _stored(ports)["content"] == "Newer"


def test_a_note_is_kept_with_the_revision(editor: Api, ports: Article) -> None:
    editor("PATCH", PORTS, {"content": "New", "note": "Moved"}, seen=1)
    assert Revision.objects.filter(number=2).values_list("note", flat=True).get() == "Moved"


@pytest.mark.parametrize("status", ["draft", "archived", "published"])
def test_the_status_is_changed_like_any_field(editor: Api, ports: Article, status: str) -> None:
    changed = editor("PATCH", PORTS, {"status": status}, seen=1)
    assert changed.json()["status"] == _stored(ports)["status"] == status


def test_a_slug_that_another_article_has_is_refused(
    editor: Api, ports: Article, make_article: Callable[..., Article]
) -> None:
    make_article("Hosts")
    for response in (
        editor("PATCH", PORTS, {"slug": "Hosts"}, seen=1),
        editor("POST", "/articles/", {"title": "x", "slug": "hosts"}),
    ):
        [sentence] = problem_of(response, 400)["errors"]["slug"]
        assert sentence.startswith("Another article has this address.")


def test_the_old_address_of_a_renamed_article_leads_to_it(
    editor: Api, visitor: Api, ports: Article
) -> None:
    editor("PATCH", PORTS, {"slug": "doors"}, seen=1)
    for method in ("GET", "PATCH", "DELETE"):
        response = editor(method, f"{PORTS}?a=1", {} if method == "PATCH" else None)
        assert response.status_code == 308
        assert response.headers["Location"] == f"{TEAM}/articles/doors?a=1"
    assert visitor("GET", PORTS).status_code == 308
    edit_article(Article.objects.get(), seen=2, author=None, visibility=Visibility.PRIVATE)
    problem_of(visitor("GET", PORTS), 404)


def test_deleting_moves_to_the_trash(editor: Api, ports: Article) -> None:
    problem_of(editor("DELETE", PORTS), 428)
    problem_of(editor("DELETE", PORTS, seen=7), 409)
    response = editor("DELETE", PORTS, seen=1)
    assert (response.status_code, response.content) == (204, b"")
    assert _stored(ports)["status"] == Status.TRASHED
    for method in ("GET", "PATCH", "DELETE"):
        problem_of(editor(method, PORTS, {} if method == "PATCH" else None, seen=2), 404)


def test_only_writers_see_why_indexing_failed(editor: Api, viewer: Api, ports: Article) -> None:
    Article.objects.update(index_error="no credit")
    failed = editor("GET", PORTS).json()["index"]
    assert (failed["state"], failed["error"]) == ("failed", "no credit")
    assert failed["next_try_at"]
    assert viewer("GET", PORTS).json()["index"]["error"] == ""


def test_only_members_see_who_wrote(
    editor: Api, viewer: Api, visitor: Api, make_user: Callable[..., User]
) -> None:
    editor("POST", "/articles/", {"title": "Hosts", "status": "published"})
    seen_by = [api("GET", "/articles/hosts").json()["author"] for api in (viewer, visitor)]
    assert seen_by == ["ann", None]
    outsider = Api(make_user("eve"))
    [item] = outsider("GET", "/articles/").json()["items"]
    assert item["author"] is None
