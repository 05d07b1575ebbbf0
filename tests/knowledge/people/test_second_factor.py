"""A workspace that requires a second factor: who has none is as one who does not belong to it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from knowledge.access import kept_workspaces, readable_workspaces, rights_in, rights_of
from knowledge.editing import create_article
from knowledge.models import Visibility, Workspace
from tests.accounts.api.program import Program
from tests.accounts.authenticator import give_second_factor
from tests.addresses import OF_A_WORKSPACE, address
from tests.knowledge.people.conftest import MakeUser, Team
from tests.knowledge.people.pages import AsUser, text_of, url

PEOPLE = ["viewer", "editor", "admin", "owner"]


@pytest.fixture
def strict(team: Team) -> Workspace:
    Workspace.objects.update(require_mfa=True, visibility=Visibility.MEMBERS)
    return Workspace.objects.get()


def rights(user: User, workspace: Workspace) -> Any:
    one, many = rights_in(user, workspace), rights_of([user], [(user.pk, workspace.pk)])
    assert many == {(user.pk, workspace.pk): one}
    return one


@pytest.mark.parametrize("who", PEOPLE)
def test_members_without_one_have_no_rights_and_get_them_with_it(
    team: Team, strict: Workspace, who: str
) -> None:
    user = getattr(team, who)
    assert not rights(user, strict).scope.grants
    assert readable_workspaces(user) == []
    assert kept_workspaces(user) == [strict]
    give_second_factor(user)
    assert rights(user, strict).role is not None
    assert readable_workspaces(user) == [strict]
    assert kept_workspaces(user) == []


def test_an_administrator_of_the_site_needs_one_too(strict: Workspace, make_user: MakeUser) -> None:
    root = make_user("root", is_superuser=True)
    assert not rights(root, strict).manage
    assert readable_workspaces(root) == []
    give_second_factor(root)
    assert rights(root, strict).own


def test_where_everyone_reads_members_without_one_read_as_everyone(
    team: Team, strict: Workspace
) -> None:
    Workspace.objects.update(visibility=Visibility.PUBLIC)
    found = rights(team.editor, Workspace.objects.get())
    assert (found.role, found.edit) == (None, False)
    assert {shown for _, shown in found.scope.grants} == {Visibility.PUBLIC}


@pytest.mark.parametrize("name", ["search", "articles", "people", "workspace_settings"])
def test_members_are_told_why_and_led_to_setting_it_up(
    team: Team, strict: Workspace, as_user: AsUser, name: str
) -> None:
    page = as_user(team.admin).get(url(name))
    assert page.status_code == 403
    assert "/accounts/second-step/set-up/" in text_of(page)
    assert "asks for a second step" in text_of(page)


@pytest.mark.parametrize("method", ["get", "post"])
def test_m3_to_its_owner_without_one_no_address_of_it_answers(
    team: Team, strict: Workspace, as_user: AsUser, method: str
) -> None:
    article = create_article(workspace=strict, author=team.owner, title="Ports", content="CANARY")
    browser, program = as_user(team.owner), Program().sign_in(team.owner.username)
    for name in OF_A_WORKSPACE:
        target = address(name, "team", article.slug)
        said = getattr(browser, method)(target)
        assert (name, said.status_code in {403, 404, 405}) == (name, True)
        assert b"CANARY" not in said.content
        if name.startswith("api:"):
            assert program(method.upper(), target).status_code in {403, 404, 405}


def test_an_open_editor_is_told_in_place(team: Team, strict: Workspace, as_user: AsUser) -> None:
    page = as_user(team.editor).get(url("article_new"), headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert "Before you save" in text_of(page)
    assert "<html" not in text_of(page)


def test_the_first_page_names_what_is_kept_from_them(
    team: Team, strict: Workspace, as_user: AsUser
) -> None:
    assert "Set up a second step" in text_of(as_user(team.viewer).get("/"))


def test_t5_to_everybody_else_it_looks_like_none(
    strict: Workspace, make_user: MakeUser, as_user: AsUser
) -> None:
    assert as_user(make_user("eve")).get(url("search")).status_code == 404
    assert Client().get(url("search")).status_code == 404


def typed(**fields: str) -> dict[str, str]:
    return {"name": "Team", "visibility": "members", **fields}


def test_only_who_has_one_can_require_it(team: Team, as_user: AsUser) -> None:
    owner = as_user(team.owner)
    page = owner.post(url("workspace_settings"), typed(require_mfa="on"))
    assert "require_mfa" in page.context["form"].errors
    assert not Workspace.objects.get().require_mfa
    give_second_factor(team.owner)
    assert owner.post(url("workspace_settings"), typed(require_mfa="on")).status_code == 302
    assert Workspace.objects.get().require_mfa
    event = AuditEvent.objects.get(action="workspace.require_mfa")
    assert (event.actor_name, event.details) == (team.owner.username, {"workspace": "team"})


def test_the_panel_asks_the_same(team: Team, make_user: MakeUser, as_user: AsUser) -> None:
    root = make_user("root", is_superuser=True, is_staff=True)
    page = f"/admin/knowledge/workspace/{team.workspace.pk}/change/"
    fields = typed(slug="team", require_mfa="on") | {
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    refused = as_user(root).post(page, fields)
    assert "require_mfa" in refused.context["adminform"].form.errors
    give_second_factor(root)
    as_user(root).post(page, fields)
    assert Workspace.objects.get().require_mfa
