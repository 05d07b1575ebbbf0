"""Who may do what over the API: every person at every operation, as the resolver knows them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import get_resolver, reverse

from accounts.models import User
from knowledge.models import Article, ImportJob, Role, Visibility, Workspace
from knowledge.workspaces import archive_workspace, delete_workspace
from tests.knowledge.api.client import Api, problem_of

READ, WRITE = "read", "write"
NEEDS = {
    ("workspace", "get"): READ,
    ("answers", "post"): READ,
    ("articles", "get"): READ,
    ("articles", "post"): WRITE,
    ("article", "get"): READ,
    ("article", "patch"): WRITE,
    ("article", "delete"): WRITE,
    ("revisions", "get"): WRITE,
    ("revision", "get"): WRITE,
    ("revision_restore", "post"): WRITE,
    ("imports", "get"): WRITE,
    ("imports", "post"): WRITE,
    ("import", "get"): WRITE,
    ("import_entries", "get"): WRITE,
    ("import_confirm", "post"): WRITE,
    ("import_cancel", "post"): WRITE,
}
"""What each operation needs; one that is not here fails the tests."""

ROLES: dict[str, Role | None] = {
    "visitor": None,
    "outsider": None,
    "viewer": Role.VIEWER,
    "editor": Role.EDITOR,
    "admin": Role.ADMIN,
}


def operations() -> Iterator[tuple[str, str]]:
    """Name and method of everything that can be done to a workspace over the API."""
    for name, pattern in addresses().items():
        view = pattern.callback.cls
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view, method):
                yield name, method


def addresses() -> dict[str, Any]:
    """The API's URL patterns of a workspace, by name."""
    patterns: list[Any] = get_resolver().url_patterns
    [api] = [pattern for pattern in patterns if getattr(pattern, "namespace", "") == "api"]
    return {
        pattern.name: pattern
        for pattern in api.url_patterns
        if "workspace" in pattern.pattern.regex.groupindex
    }


OPERATIONS = sorted(operations())


def test_t5_every_operation_says_whom_it_is_for() -> None:
    assert set(OPERATIONS) == NEEDS.keys()


@pytest.fixture
def team(workspace: Workspace, make_article: Callable[..., Article]) -> dict[str, Any]:
    """A workspace with an article and an import: the parts of every address in it."""
    make_article()
    job = ImportJob.objects.create(workspace=workspace, name="a.zip", state="done")
    return {"workspace": "team", "slug": "ports", "number": 1, "job": str(job.pk)}


@pytest.fixture
def people(workspace: Workspace, make_user: Callable[..., User]) -> dict[str, Api]:
    users = {
        name: make_user(name, workspace=workspace, role=role)
        for name, role in ROLES.items()
        if name != "visitor"
    }
    users["root"] = make_user("root", is_superuser=True)
    return {"visitor": Api()} | {name: Api(user) for name, user in users.items()}


def attempt(api: Api, name: str, method: str, parts: dict[str, Any]) -> Any:
    """Try it with a body that changes nothing: every write needs something in it."""
    taken = {part: parts[part] for part in addresses()[name].pattern.regex.groupindex}
    body: dict[str, Any] | None = None if method == "get" else {}
    response = api(method.upper(), reverse(f"api:{name}", kwargs=taken), body)
    if response.status_code >= 400:
        problem_of(response, response.status_code)
    return response


def outcomes(api: Api, team: dict[str, Any]) -> dict[str, set[str]]:
    """What came of every operation, by what it needs."""
    came: dict[str, set[str]] = {READ: set(), WRITE: set()}
    for name, method in OPERATIONS:
        status = attempt(api, name, method, team).status_code
        refused = {401: "sign in", 403: "read only", 404: "none"}
        came[NEEDS[name, method]].add(refused.get(status, "let in"))
    return came


def test_t5_in_a_public_workspace_all_read_and_editors_write(
    people: dict[str, Api], team: dict[str, Any]
) -> None:
    came = {who: outcomes(api, team) for who, api in people.items()}
    reads = {READ: {"let in"}, WRITE: {"read only"}}
    writes = {READ: {"let in"}, WRITE: {"let in"}}
    assert came == {
        "visitor": {READ: {"let in"}, WRITE: {"sign in"}},
        "outsider": reads,
        "viewer": reads,
        "editor": writes,
        "admin": writes,
        "root": writes,
    }


def test_t5_a_closed_workspace_is_none_to_those_outside(
    people: dict[str, Api], team: dict[str, Any]
) -> None:
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    came = {who: outcomes(people[who], team) for who in ("visitor", "outsider", "viewer", "editor")}
    nothing = {READ: {"none"}, WRITE: {"none"}}
    assert came == {
        "visitor": nothing,
        "outsider": nothing,
        "viewer": {READ: {"let in"}, WRITE: {"read only"}},
        "editor": {READ: {"let in"}, WRITE: {"let in"}},
    }
    for name, method in OPERATIONS:
        here = attempt(people["outsider"], name, method, team)
        elsewhere = attempt(people["outsider"], name, method, team | {"workspace": "nowhere"})
        assert here.json() == elsewhere.json()


def test_t5_a_deleted_workspace_is_none_to_everybody(
    people: dict[str, Api], team: dict[str, Any], workspace: Workspace
) -> None:
    delete_workspace(workspace)
    for who in ("visitor", "editor", "root"):
        assert outcomes(people[who], team) == {READ: {"none"}, WRITE: {"none"}}


def test_t5_an_article_that_one_may_not_read_is_none(
    people: dict[str, Api], team: dict[str, Any]
) -> None:
    of_an_article = [o for o in OPERATIONS if "slug" in addresses()[o[0]].pattern.regex.groupindex]
    for fields in ({"status": "draft"}, {"status": "archived"}, {"visibility": "private"}):
        Article.objects.update(**{"status": "published", "visibility": "public"} | fields)
        for name, method in of_an_article:
            for who in ("visitor", "viewer"):
                here = attempt(people[who], name, method, team)
                nowhere = attempt(people[who], name, method, team | {"slug": "none"})
                assert here.json() == nowhere.json()
            assert attempt(people["editor"], name, method, team).status_code not in (401, 403, 404)


def test_t5_things_of_another_workspace_are_not_found_through_ones_own(
    people: dict[str, Api], team: dict[str, Any], make_workspace: Callable[..., Workspace]
) -> None:
    other = make_workspace("other")
    job = ImportJob.objects.create(workspace=other, name="b.zip")
    problem_of(attempt(people["admin"], "import", "get", team | {"job": str(job.pk)}), 404)


def test_t6_a_role_that_is_taken_away_ends_at_once(
    people: dict[str, Api], team: dict[str, Any], workspace: Workspace
) -> None:
    editor = people["editor"]
    assert attempt(editor, "revisions", "get", team).status_code == 200
    workspace.memberships.filter(role=Role.EDITOR).update(role=Role.VIEWER)
    problem_of(attempt(editor, "revisions", "get", team), 403)
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    workspace.memberships.all().delete()
    problem_of(attempt(editor, "article", "get", team), 404)


def test_whether_a_workspace_is_archived_is_said_in_either_case(
    viewer: Api, workspace: Workspace
) -> None:
    assert viewer("GET", "/").json()["archived"] is False
    archive_workspace(workspace)
    assert viewer("GET", "/").json()["archived"] is True


def test_t1_the_list_of_workspaces_holds_what_one_may_read(
    people: dict[str, Api], make_workspace: Callable[..., Workspace]
) -> None:
    make_workspace("closed")
    lists = {
        who: [item["slug"] for item in api("GET", "/api/v1/workspaces/").json()["items"]]
        for who, api in people.items()
    }
    assert lists.pop("root") == ["closed", "team"]
    assert set(map(tuple, lists.values())) == {("team",)}


def test_what_one_may_do_in_a_workspace_is_said(people: dict[str, Api]) -> None:
    rights = {who: api("GET").json()["rights"] for who, api in people.items()}
    nothing = {"edit": False, "manage": False}
    assert rights["visitor"] == rights["outsider"] == rights["viewer"] == nothing
    assert rights["editor"] == {"edit": True, "manage": False}
    assert rights["admin"] == rights["root"] == {"edit": True, "manage": True}
