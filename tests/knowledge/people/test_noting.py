"""What happens to workspaces and their people, in the audit log: knowledge/noting.py."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from knowledge.models import Invitation, Membership, Role
from tests.conftest import PASSWORD
from tests.knowledge.admin import panel
from tests.knowledge.people.conftest import Team
from tests.knowledge.people.pages import AsUser, account, invited, token_of, url


@pytest.fixture
def owner(team: Team, as_user: AsUser) -> Client:
    return as_user(team.owner)


@pytest.fixture
def boss(db: None, as_user: AsUser) -> Client:
    """An administrator at the panel."""
    return as_user(User.objects.create_superuser("boss", "boss@example.org", PASSWORD))


def noted() -> list[tuple[str, str, str, dict[str, str]]]:
    """What was noted, oldest first: action, who, on whom, details."""
    events = AuditEvent.objects.exclude(action="session.open").order_by("at", "pk")
    return [(each.action, each.actor_name, each.target_name, each.details) for each in events]


def test_roles_and_members(team: Team, owner: Client, as_user: AsUser) -> None:
    owner.post(url("member_role", team.viewer.pk), {"role": "editor"})
    owner.post(url("member_remove", team.viewer.pk))
    as_user(team.editor).post(url("workspace_leave"))
    owner.post(url("workspace_transfer", team.admin.pk))
    here = {"workspace": "team"}
    assert noted() == [
        ("member.role", "olga", "viewer-1", here | {"role": "editor"}),
        ("member.remove", "olga", "viewer-1", here),
        ("member.remove", "editor-1", "editor-1", here),
        ("workspace.transfer", "olga", "admin-1", here),
    ]


def test_what_is_refused_is_not_noted_as_done(team: Team, owner: Client) -> None:
    owner.post(url("member_remove", team.owner.pk))
    owner.post(url("member_role", team.viewer.pk), {"role": "emperor"})
    assert noted() == []


def test_invitations_and_never_their_secrets(team: Team, owner: Client, as_user: AsUser) -> None:
    path = invited(owner)
    as_user(User.objects.create_user("lina")).post(f"{path}/join")
    invited(owner, "other@example.org")
    (open_one,) = Invitation.objects.all()
    owner.post(url("invitation_revoke", open_one.pk))
    actions = [(action, who) for action, who, _, _ in noted()]
    assert actions == [
        ("invitation.send", "olga"),
        ("invitation.accept", "lina"),
        ("invitation.send", "olga"),
        ("invitation.revoke", "olga"),
    ]
    assert token_of(path) not in str(noted())


def test_an_account_made_by_an_invitation_accepts_it(team: Team, owner: Client) -> None:
    path = invited(owner)
    Client().post(f"{path}/register", account())
    assert ("invitation.accept", "newcomer", "", {"workspace": "team"}) in noted()


def test_workspaces_made_opened_archived_and_deleted(team: Team, owner: Client) -> None:
    owner.post("/workspaces/new", {"name": "Books", "slug": "books", "visibility": "members"})
    opened = {"name": "Team", "visibility": "public", "make_public": "on"}
    owner.post(url("workspace_settings"), opened)
    owner.post(url("workspace_settings"), {"name": "Team", "visibility": "members"})
    owner.post(url("workspace_archive"))
    owner.post(url("workspace_unarchive"))
    owner.post(url("workspace_delete"), {"name": "Team"})
    assert [(action, details["workspace"]) for action, _, _, details in noted()] == [
        ("workspace.create", "books"),
        ("workspace.open", "team"),
        ("workspace.close", "team"),
        ("workspace.archive", "team"),
        ("workspace.unarchive", "team"),
        ("workspace.delete", "team"),
    ]


def test_members_changed_in_the_panel(team: Team, boss: Client) -> None:
    new = User.objects.create_user("lina")
    place = {"workspace": team.workspace.pk, "user": new.pk}
    boss.post(panel.url("membership_add"), place | {"role": "viewer"})
    made = Membership.objects.get(user=new)
    boss.post(panel.url("membership_change", made.pk), place | {"role": "editor"})
    boss.post(panel.url("membership_delete", made.pk), {"post": "yes"})
    actions = [(action, who, whom) for action, who, whom, _ in noted()]
    assert actions == [(f"member.{what}", "boss", "lina") for what in ("add", "role", "remove")]


def test_workspaces_changed_in_the_panel(team: Team, boss: Client) -> None:
    boss.post(panel.url("workspace_add"), panel.of_workspace())
    chosen = {"_selected_action": str(team.workspace.pk), "confirmed": "yes"}
    for name in ("archive", "unarchive"):
        boss.post(panel.url("workspace_changelist"), chosen | {"action": name})
    boss.post(panel.url("workspace_delete", team.workspace.pk), {"post": "yes"})
    actions = [(action, details["workspace"]) for action, _, _, details in noted()]
    assert actions == [
        ("workspace.create", "docs"),
        ("workspace.archive", "team"),
        ("workspace.unarchive", "team"),
        ("workspace.delete", "team"),
    ]


def test_members_of_a_workspaces_page_in_the_panel(team: Team, boss: Client) -> None:
    (one,) = Membership.objects.filter(user=team.viewer)
    row = {"id": one.pk, "workspace": team.workspace.pk, "user": team.viewer.pk}
    fields = {"name": "Team", "slug": "team", "visibility": "members", "owner": team.admin.pk}
    others = [
        {"id": each.pk, "workspace": team.workspace.pk, "user": each.user_id, "role": each.role}
        for each in Membership.objects.filter(workspace=team.workspace).exclude(pk=one.pk)
    ]
    rows = panel.members(row | {"role": Role.EDITOR}, *others, stored=len(others) + 1)
    boss.post(panel.url("workspace_change", team.workspace.pk), fields | rows)
    assert [(action, whom) for action, _, whom, _ in noted()] == [
        ("workspace.transfer", "admin-1"),
        ("member.role", "viewer-1"),
    ]
