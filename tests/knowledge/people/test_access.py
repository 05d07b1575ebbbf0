"""Who reaches the pages of workspaces and people: a matrix of persons and addresses."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from accounts.models import User
from knowledge.models import Invitation, Membership, Role, Visibility, Workspace
from knowledge.people import members
from knowledge.people.invitations import invite
from knowledge.workspaces import archive_workspace, delete_workspace
from tests.knowledge.people.conftest import MakeUser, Team
from tests.knowledge.people.pages import AsUser, text_of, url

MEMBERS = {"viewer", "editor", "admin", "owner"}
MANAGERS = {"admin", "owner", "superuser"}
OWNERS = {"owner", "superuser"}
PAGES = {
    ("get", "people"): MEMBERS | {"superuser"},
    ("get", "workspace_leave"): MEMBERS,
    ("get", "workspace_settings"): MANAGERS,
    ("post", "workspace_settings"): MANAGERS,
    ("post", "workspace_archive"): MANAGERS,
    ("post", "workspace_unarchive"): MANAGERS,
    ("get", "workspace_delete"): OWNERS,
    ("post", "workspace_delete"): OWNERS,
    ("post", "member_role"): MANAGERS,
    ("get", "member_remove"): MANAGERS,
    ("post", "member_remove"): MANAGERS,
    ("get", "workspace_transfer"): OWNERS,
    ("post", "workspace_transfer"): OWNERS,
    ("post", "invite"): MANAGERS,
    ("post", "invitation_resend"): MANAGERS,
    ("post", "invitation_revoke"): MANAGERS,
}
OF_A_MEMBER = {"member_role", "member_remove", "workspace_transfer"}
OF_AN_INVITATION = {"invitation_resend", "invitation_revoke"}
PEOPLE = ["visitor", "outsider", "viewer", "editor", "admin", "owner", "superuser"]


def person(who: str, team: Team, make_user: MakeUser) -> User | AnonymousUser:
    if who == "visitor":
        return AnonymousUser()
    if who in MEMBERS:
        return User.objects.get(pk=getattr(team, who).pk)
    return make_user(who, is_superuser=who == "superuser")


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.MEMBERS])
@pytest.mark.parametrize("who", PEOPLE)
def test_t5_the_pages_answer_those_who_may_and_nobody_else(
    team: Team, make_user: MakeUser, client: Client, who: str, visibility: str
) -> None:
    Workspace.objects.update(visibility=visibility)
    target = make_user("target", workspace=team.workspace, role=Role.VIEWER)
    sent, _ = invite(
        workspace=team.workspace, email="i@example.org", role=Role.VIEWER, by=team.owner
    )
    user = person(who, team, make_user)
    if isinstance(user, User):
        client.force_login(user)
    for (method, name), allowed in PAGES.items():
        parts = (
            [target.pk] if name in OF_A_MEMBER else [sent.pk] if name in OF_AN_INVITATION else []
        )
        response = getattr(client, method)(url(name, *parts), {} if method == "post" else None)
        if who in allowed:
            # what a page before it did to the target is what the next one finds
            assert response.status_code in (200, 302, 404), name
            assert response.status_code != 404 or name in OF_A_MEMBER | OF_AN_INVITATION
            continue
        asked = who == "visitor" and visibility == Visibility.PUBLIC
        assert response.status_code == (302 if asked else 404), (name, method)
        assert not asked or response["Location"].startswith(reverse("accounts:login"))
        assert who in MANAGERS or "target" not in text_of(response)
    if who not in MANAGERS:
        assert team.role(target) == Role.VIEWER
        assert Invitation.objects.filter(pk=sent.pk).exists()
        assert Workspace.objects.get().archived_at is None


def test_members_see_each_other_and_only_admins_see_addresses(team: Team, as_user: AsUser) -> None:
    for who in ("viewer", "editor"):
        page = text_of(as_user(getattr(team, who)).get(url("people")))
        assert "olga" in page
        assert "@example.org" not in page
        assert "Invite" not in page
        assert "Remove" not in page
    assert "viewer-1@example.org" in text_of(as_user(team.admin).get(url("people")))


@pytest.mark.parametrize("step", ["member_remove", "workspace_transfer"])
def test_t5_the_pages_tell_no_name_of_other_accounts(
    team: Team, as_user: AsUser, make_user: MakeUser, step: str
) -> None:
    stranger = make_user("stranger")
    for part in (stranger.pk, "0" * 24, "x", "../admin"):
        owner = as_user(team.owner)
        address = reverse("knowledge:people", args=["team"]) + f"/{part}/{step.split('_')[1]}"
        response = owner.get(address)
        assert response.status_code == 404
        assert "stranger" not in text_of(response)


def test_t6_a_new_role_holds_with_the_next_request(team: Team, as_user: AsUser) -> None:
    editor = as_user(team.editor)
    assert editor.get(url("articles")).status_code == 200
    as_user(team.admin).post(url("member_role", team.editor.pk), {"role": "viewer"})
    assert editor.get(url("articles")).status_code == 404
    as_user(team.admin).post(url("member_role", team.editor.pk), {"role": "admin"})
    assert editor.get(url("workspace_settings")).status_code == 200
    as_user(team.owner).post(url("member_remove", team.editor.pk))
    assert editor.get(url("people")).status_code == 404


def test_nobody_writes_in_an_archived_workspace_and_its_admins_still_manage_it(
    team: Team, as_user: AsUser
) -> None:
    archive_workspace(team.workspace)
    owner = as_user(team.owner)
    assert owner.get(url("article_new")).status_code == 404
    assert "This workspace is archived" in text_of(owner.get(url("search")))
    assert owner.get(url("workspace_settings")).status_code == 200
    assert owner.post(url("workspace_unarchive")).status_code == 302
    assert owner.get(url("article_new")).status_code == 200


def test_a_deleted_workspace_is_closed_at_once_to_all(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    Workspace.objects.update(visibility=Visibility.PUBLIC)
    delete_workspace(team.workspace)
    for user in (team.owner, make_user("root", is_superuser=True)):
        for name in ("search", "people", "workspace_settings", "workspace_delete"):
            assert as_user(user).get(url(name)).status_code == 404
    with pytest.raises(members.Refused):
        members.change_role(
            workspace=team.workspace, user=team.viewer, role=Role.ADMIN, by=team.owner
        )


def test_c2_posts_without_the_token_change_nothing(team: Team) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(team.owner)
    before = list(Membership.objects.values())
    posts: list[tuple[str, list[Any], dict[str, str]]] = [
        ("workspace_settings", [], {"name": "X", "visibility": "public"}),
        ("workspace_archive", [], {}),
        ("workspace_delete", [], {"name": "Team"}),
        ("member_role", [team.viewer.pk], {"role": "admin"}),
        ("member_remove", [team.viewer.pk], {}),
        ("workspace_transfer", [team.viewer.pk], {}),
        ("invite", [], {"email": "a@example.org", "role": "admin"}),
    ]
    for name, parts, data in posts:
        assert client.post(url(name, *parts), data).status_code == 403
    assert client.post(reverse("knowledge:workspace_new"), {"name": "X"}).status_code == 403
    assert list(Membership.objects.values()) == before
    stored = Workspace.objects.get()
    assert (stored.name, stored.archived_at, stored.deleted_at) == ("Team", None, None)
    assert Invitation.objects.count() == 0
