"""Everything that goes wrong under /api/ is a problem in JSON, and nothing is the site's fault."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from kbsite.problems import MEDIA_TYPE
from knowledge.models import Article, Role, Workspace
from tests.conftest import PASSWORD
from tests.knowledge.api.client import ROOT, TEAM, Api, problem_of

pytestmark = pytest.mark.usefixtures("workspace")


def test_an_unknown_address_is_a_problem(client: Client) -> None:
    for path in (
        "/api/",
        "/api/v2/workspaces/",
        f"{ROOT}/workspaces/none/",
        f"{ROOT}/workspaces/%00/",
        f"{ROOT}/workspaces/$ne/articles/",
        f"{TEAM}/articles/none",
        f"{TEAM}/articles/a%2Fb",
        f"{TEAM}/nothing",
    ):
        problem_of(client.get(path), 404)


def test_c1_numbers_and_ids_that_the_database_cannot_hold_are_not_found(
    editor: Api, make_article: Callable[..., Article]
) -> None:
    make_article()
    for number in (0, 2**31, 2**63, 10**25, "9" * 5000):
        problem_of(editor("GET", f"/articles/ports/revisions/{number}"), 404)
    for job in ("x", "0" * 24, "{}", "%00", "a" * 5000):
        problem_of(editor("GET", f"/imports/{job}"), 404)


def test_another_method_is_a_problem_that_names_the_ones_there_are(visitor: Api) -> None:
    for method in ("PUT", "OPTIONS", "PURGE"):
        response = visitor(method, "/")
        problem_of(response, 405)
        assert response.headers["Allow"] == "GET, HEAD"


def test_c1_a_body_that_cannot_be_read_is_a_problem(editor: Api) -> None:
    for body in (
        b"{",
        b"\xff\xfe",
        b'{"title": NaN}',
        b"[" * 100_000,
        b'{"version": ' + b"9" * 5000 + b"}",
        b"[]",
        b'"text"',
        b"null",
        b"7",
    ):
        problem_of(editor("POST", "/articles/", body), 400)


def test_c1_no_depth_of_json_is_the_sites_fault(editor: Api) -> None:
    for depth in range(880, 1000, 12):
        for field in (b"title", b"status", b"tags"):
            deep = b"[" * depth + b"]" * depth
            problem_of(editor("POST", "/articles/", b'{"%s": %s}' % (field, deep)), 400)


def test_c1_a_line_takes_no_other_value(editor: Api) -> None:
    wrong: tuple[Any, ...] = ({"$gt": ""}, ["a"], 7, True, None, "\ud800", "a\x00b", "x" * 501)
    for field in ("title", "slug", "summary", "category", "visibility", "status"):
        for value in wrong:
            response = editor("POST", "/articles/", {"title": "Fine"} | {field: value})
            assert problem_of(response, 400)["errors"].keys() == {field}


def test_another_type_of_body_is_a_problem(editor: Api) -> None:
    for content_type in ("text/html", "application/xml", "", "application/jso"):
        problem_of(editor("POST", "/articles/", b"title=x", content_type=content_type), 415)


def test_a_charset_that_there_is_not_is_a_problem(editor: Api) -> None:
    wrong = "application/json; charset=rot13"
    problem_of(editor("POST", "/articles/", {"title": "x"}, content_type=wrong), 415)


def test_an_answer_in_html_cannot_be_had(visitor: Api) -> None:
    problem_of(visitor("GET", "/", headers={"Accept": "text/html"}), 406)


def test_a_body_that_is_too_large_is_a_problem(editor: Api, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    problem_of(editor("POST", "/articles/", {"title": "x", "nothing": "y" * 1000}), 413)
    assert editor("POST", "/articles/", {"title": "x", "nothing": "y" * 900}).status_code == 201


def test_visitors_are_asked_to_sign_in(visitor: Api) -> None:
    response = visitor("POST", "/articles/", {"title": "x"})
    problem_of(response, 401)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_readers_are_told_that_they_only_read(viewer: Api) -> None:
    document = problem_of(viewer("POST", "/articles/", {"title": "x"}), 403)
    assert document["detail"] == "You may read this workspace, but not write in it."


def test_nobody_writes_in_an_archived_workspace(editor: Api, workspace: Workspace) -> None:
    from knowledge.workspaces import archive_workspace

    archive_workspace(workspace)
    assert "archived" in problem_of(editor("POST", "/articles/", {"title": "x"}), 403)["detail"]


def test_c2_a_session_needs_the_csrf_token(
    make_user: Callable[..., User], workspace: Workspace
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    body = json.dumps({"title": "Hosts"})
    refused = client.post(f"{TEAM}/articles/", body, content_type="application/json")
    assert "CSRF" in problem_of(refused, 403)["detail"]
    assert not Article.objects.exists()
    client.cookies["csrf"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    assert (
        client.post(
            f"{TEAM}/articles/", body, content_type="application/json", headers=headers
        ).status_code
        == 201
    )


def test_who_must_change_the_password_does_nothing_else(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user(must_change_password=True)
    assert client.login(username="ada", password=PASSWORD)
    problem_of(client.get(f"{ROOT}/workspaces/"), 403)


def test_c3_a_fault_of_the_site_is_a_problem_without_details(
    visitor: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("knowledge.api.articles.list_articles", fail)
    visitor.client.raise_request_exception = False
    response = visitor("GET", "/articles/")
    problem_of(response, 500)
    assert b"canary" not in response.content


def test_a_host_that_is_not_this_sites_is_a_problem(visitor: Api) -> None:
    problem_of(visitor("GET", "/", headers={"Host": "evil.example"}), 400)


def test_pages_still_answer_in_html(client: Client, workspace: Workspace) -> None:
    response = client.get("/nothing/here")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_x4_no_response_is_taken_for_a_page(visitor: Api) -> None:
    for path, kind in (("/", "application/json"), ("/none", MEDIA_TYPE)):
        response = visitor("GET", path)
        assert response.headers["Content-Type"] == kind
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_no_response_is_kept_by_a_cache(visitor: Api) -> None:
    assert "no-store" in visitor("GET", "/").headers["Cache-Control"]
