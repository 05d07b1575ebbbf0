"""Workspaces and memberships in the admin panel: unique, and deleted whole."""

from typing import Any

import pytest
from django.test import Client

from knowledge.admin import workspaces as knowledge_admin
from knowledge.admin.forms import MembershipFormSet, WorkspaceForm
from knowledge.models import Membership, Role, Status, Visibility, Workspace
from knowledge.people.invitations import invite
from knowledge.workspaces import create_workspace
from tests.knowledge.admin.panel import (
    MakeArticle,
    MakeUser,
    members,
    of_workspace,
    text_of,
    url,
)


def test_a_workspace_is_added_with_its_first_members(boss: Client, make_user: MakeUser) -> None:
    ada = make_user("ada")
    rows = members({"user": ada.pk, "role": "editor"})
    boss.post(url("workspace_add"), of_workspace(example_questions="How?\r\nWhy, so?", **rows))
    made = Workspace.objects.get()
    assert (made.slug, made.example_questions) == ("docs", ["How?", "Why, so?"])
    assert Membership.objects.get().role == Role.EDITOR


def test_a_workspace_edit_writes_only_what_changed(boss: Client, workspace: Workspace) -> None:
    given = of_workspace(name="New name", slug="team", visibility="public")
    boss.post(url("workspace_change", workspace.pk), given)
    workspace.refresh_from_db()
    assert (workspace.name, workspace.visibility) == ("New name", Visibility.PUBLIC)
    boss.post(url("workspace_change", workspace.pk), given)
    assert Workspace.objects.get().name == "New name"


def test_a_workspace_address_is_unique(
    boss: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        response = boss.post(url("workspace_add"), of_workspace(slug="team"))
        assert "slug" in response.context["adminform"].form.errors
        blind_once(monkeypatch)
    assert Workspace.objects.count() == 1


def blind_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next check of a workspace's address see nothing, as in a race."""
    check = WorkspaceForm.clean_slug

    def blind(form: Any) -> str:
        monkeypatch.setattr(WorkspaceForm, "clean_slug", check)
        return str(form.cleaned_data["slug"])

    monkeypatch.setattr(WorkspaceForm, "clean_slug", blind)


def test_a_person_is_a_member_once(boss: Client, workspace: Workspace, make_user: MakeUser) -> None:
    ada = make_user("ada", workspace=workspace, role=Role.VIEWER)
    again = {"workspace": workspace.pk, "user": ada.pk, "role": "admin"}
    assert boss.post(url("membership_add"), again).context["adminform"].form.errors
    twice = members({"user": ada.pk, "role": "viewer"}, {"user": ada.pk, "role": "admin"})
    response = boss.post(url("workspace_add"), of_workspace(**twice))
    assert "A person can be listed once only" in text_of(response)
    assert Membership.objects.count() == Workspace.objects.count() == 1


def test_if_a_membership_cannot_be_stored_the_workspace_is_not_either(
    boss: Client, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MembershipFormSet, "save", lambda self: 1 / 0)
    rows = members({"user": make_user("ada").pk, "role": "editor"})
    with pytest.raises(ZeroDivisionError):
        boss.post(url("workspace_add"), of_workspace(**rows))
    assert Workspace.objects.count() == 0


def test_a_workspace_of_many_members_is_edited_without_listing_them(
    boss: Client, workspace: Workspace, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob"):
        make_user(name, workspace=workspace, role=Role.VIEWER)
    address = url("workspace_change", workspace.pk)
    assert "ada: Viewer" in text_of(boss.get(address))
    monkeypatch.setattr(knowledge_admin, "MOST_MEMBERS_INLINE", 1)
    assert "ada: Viewer" not in text_of(boss.get(address))
    given = {"name": "New name", "slug": "team", "visibility": "public"}
    assert boss.post(address, given).status_code == 302
    assert Membership.objects.count() == 2


def test_a_membership_can_be_added_changed_and_removed(
    boss: Client, workspace: Workspace, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    given = {"workspace": workspace.pk, "user": ada.pk, "role": "viewer"}
    boss.post(url("membership_add"), given)
    membership = Membership.objects.get()
    boss.post(url("membership_change", membership.pk), {**given, "role": "admin"})
    assert Membership.objects.get().role == Role.ADMIN
    boss.post(url("membership_delete", membership.pk), {"post": "yes"})
    assert Membership.objects.count() == 0


def test_deleting_a_workspace_says_what_goes_and_closes_it(
    boss: Client, client: Client, workspace: Workspace, make_article: MakeArticle
) -> None:
    make_article()
    make_article(status=Status.TRASHED)
    page = text_of(boss.get(url("workspace_delete", workspace.pk)))
    assert "Articles: 2" in page
    assert Workspace.objects.exists()
    boss.post(url("workspace_delete", workspace.pk), {"post": "yes"})
    assert client.get(workspace.get_absolute_url()).status_code == 404
    assert "being emptied" in text_of(boss.get(url("workspace_changelist")))


def test_workspaces_are_deleted_from_the_list_too(
    boss: Client, client: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    chosen = {"action": "delete_selected", "_selected_action": [article.workspace_id]}
    assert "Articles: 1" in text_of(boss.post(url("workspace_changelist"), chosen))
    boss.post(url("workspace_changelist"), {**chosen, "post": "yes"})
    assert client.get(article.workspace.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("model", ["workspace", "membership", "article", "invitation"])
def test_t5_the_panel_is_for_site_administrators(
    client: Client, workspace: Workspace, make_user: MakeUser, model: str
) -> None:
    client.force_login(make_user(workspace=workspace, role=Role.ADMIN, is_staff=True))
    for name in ("changelist", "add"):
        assert client.get(url(f"{model}_{name}")).status_code in (302, 403)
    assert client.post(url(f"{model}_add"), of_workspace()).status_code in (302, 403)
    assert Workspace.objects.count() == 1


def test_the_list_counts_members_and_asks_no_more_for_more_workspaces(
    boss: Client, make_user: MakeUser, django_assert_max_num_queries: Any
) -> None:
    ada = make_user("ada")
    for number in range(8):
        space = create_workspace(name=f"W{number}", owner=ada)
        make_user(f"m{number}", workspace=space, role=Role.VIEWER)
    with django_assert_max_num_queries(8):
        page = boss.get(url("workspace_changelist"))
    assert [each.member_count for each in page.context["cl"].result_list] == [2] * 8


def test_an_owner_is_made_an_admin_and_stays_one(
    boss: Client, workspace: Workspace, make_user: MakeUser
) -> None:
    ada = make_user("ada", workspace=workspace, role=Role.VIEWER)
    membership = Membership.objects.get()
    address = url("workspace_change", workspace.pk)
    row = {"id": membership.pk, "workspace": workspace.pk, "user": ada.pk, "role": "viewer"}
    given = of_workspace(slug="team", owner=ada.pk, **members(row, stored=1))
    assert "The owner of a workspace stays an admin" in text_of(boss.post(address, given))
    Membership.objects.all().delete()
    given = of_workspace(slug="team", owner=ada.pk)
    assert boss.post(address, given).status_code == 302
    membership = Membership.objects.get()
    assert Workspace.objects.get().owner == ada
    assert Membership.objects.get().role == Role.ADMIN
    demotion = {"workspace": workspace.pk, "user": ada.pk, "role": "viewer"}
    page = boss.post(url("membership_change", membership.pk), demotion)
    assert "The owner of a workspace stays an admin" in text_of(page)
    assert boss.post(url("membership_delete", membership.pk), {"post": "yes"}).status_code == 403
    assert Membership.objects.get().role == Role.ADMIN


def test_workspaces_are_archived_after_a_question(boss: Client, workspace: Workspace) -> None:
    chosen = {"action": "archive", "_selected_action": [workspace.pk]}
    assert "Archive these workspaces?" in text_of(boss.post(url("workspace_changelist"), chosen))
    assert Workspace.objects.get().archived_at is None
    boss.post(url("workspace_changelist"), {**chosen, "confirmed": "yes"})
    assert Workspace.objects.get().archived_at is not None
    again = {**chosen, "action": "unarchive", "confirmed": "yes"}
    boss.post(url("workspace_changelist"), again)
    assert Workspace.objects.get().archived_at is None


def test_invitations_are_shown_without_their_hash_and_not_changed(
    boss: Client, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    space = create_workspace(name="W", owner=ada)
    sent, _ = invite(workspace=space, email="n@example.org", role=Role.EDITOR, by=ada)
    for page in (url("invitation_changelist"), url("invitation_change", sent.pk)):
        shown = text_of(boss.get(page))
        assert "n@example.org" in shown
        assert sent.token_hash not in shown
    assert boss.get(url("invitation_add")).status_code == 403
    assert boss.post(url("invitation_change", sent.pk), {"role": "admin"}).status_code == 403
    assert boss.post(url("invitation_delete", sent.pk), {"post": "yes"}).status_code == 403
