"""Who may become what: the owner stays, an admin remains, whoever acts at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from accounts.models import User
from knowledge.models import Membership, Role, Workspace
from knowledge.people import members
from knowledge.people.members import NoSuchMember, Refused
from tests.knowledge.people.conftest import MakeUser, Team


def test_an_admin_changes_roles_and_removes(team: Team) -> None:
    members.change_role(workspace=team.workspace, user=team.viewer, role=Role.EDITOR, by=team.admin)
    assert team.role(team.viewer) == Role.EDITOR
    members.remove_member(workspace=team.workspace, user=team.editor, by=team.admin)
    assert team.role(team.editor) is None


@pytest.mark.parametrize("who", ["editor", "viewer"])
def test_t6_who_is_no_admin_any_more_changes_nothing(team: Team, who: str) -> None:
    by = getattr(team, who)
    with pytest.raises(Refused):
        members.change_role(workspace=team.workspace, user=by, role=Role.ADMIN, by=by)
    with pytest.raises(Refused):
        members.remove_member(workspace=team.workspace, user=team.admin, by=by)
    with pytest.raises(Refused):
        members.transfer_workspace(workspace=team.workspace, to=by, by=by)
    assert Membership.objects.count() == 4
    assert team.role(by) == who


def test_nobody_removes_or_demotes_the_owner(team: Team) -> None:
    for by in (team.admin, team.owner):
        with pytest.raises(Refused, match="owner"):
            members.remove_member(workspace=team.workspace, user=team.owner, by=by)
        with pytest.raises(Refused, match="owner"):
            members.change_role(workspace=team.workspace, user=team.owner, role=Role.VIEWER, by=by)
    with pytest.raises(Refused, match="owner"):
        members.leave_workspace(workspace=team.workspace, user=team.owner)
    assert team.role(team.owner) == Role.ADMIN


def test_only_the_owner_hands_it_over_and_stays_an_admin(team: Team) -> None:
    with pytest.raises(Refused):
        members.transfer_workspace(workspace=team.workspace, to=team.admin, by=team.admin)
    members.transfer_workspace(workspace=team.workspace, to=team.viewer, by=team.owner)
    assert Workspace.objects.get().owner == team.viewer
    assert team.role(team.viewer) == team.role(team.owner) == Role.ADMIN
    members.leave_workspace(workspace=team.workspace, user=team.owner)
    assert team.role(team.owner) is None


def test_an_outsider_cannot_be_made_anything(team: Team, make_user: MakeUser) -> None:
    outsider = make_user("out")
    with pytest.raises(NoSuchMember):
        members.transfer_workspace(workspace=team.workspace, to=outsider, by=team.owner)
    with pytest.raises(NoSuchMember):
        members.change_role(workspace=team.workspace, user=outsider, role=Role.ADMIN, by=team.owner)
    assert team.role(outsider) is None
    assert Workspace.objects.get().owner == team.owner


def test_the_last_admin_stays_one(team: Team) -> None:
    Workspace.objects.update(owner=None)
    members.leave_workspace(workspace=team.workspace, user=team.owner)
    with pytest.raises(Refused, match="needs an admin"):
        members.leave_workspace(workspace=team.workspace, user=team.admin)
    with pytest.raises(Refused, match="needs an admin"):
        members.change_role(
            workspace=team.workspace, user=team.admin, role=Role.EDITOR, by=team.admin
        )
    assert team.role(team.admin) == Role.ADMIN


def test_an_admin_who_cannot_sign_in_does_not_count(team: Team) -> None:
    Workspace.objects.update(owner=None)
    User.objects.filter(pk=team.owner.pk).update(is_active=False)
    with pytest.raises(Refused, match="needs an admin"):
        members.leave_workspace(workspace=team.workspace, user=team.admin)


@pytest.mark.parametrize("attempt", range(3))
def test_two_admins_who_demote_each_other_at_once_leave_one(team: Team, attempt: int) -> None:
    Workspace.objects.update(owner=None)
    pairs = [(team.owner, team.admin), (team.admin, team.owner)]
    demotions: list[Callable[[], None]] = [
        lambda user=user, by=by: members.change_role(  # type: ignore[misc]
            workspace=team.workspace, user=user, role=Role.VIEWER, by=by
        )
        for user, by in pairs
    ]
    at_once(demotions)
    assert Membership.objects.filter(role=Role.ADMIN).count() == 1


def test_two_admins_who_leave_at_once_leave_one(team: Team) -> None:
    Workspace.objects.update(owner=None)
    at_once(
        [
            lambda: members.leave_workspace(workspace=team.workspace, user=team.owner),
            lambda: members.leave_workspace(workspace=team.workspace, user=team.admin),
        ]
    )
    assert Membership.objects.filter(role=Role.ADMIN).count() == 1


def at_once(changes: list[Callable[[], None]]) -> None:
    """Run them in as many threads; what is refused is refused."""
    barrier = Barrier(len(changes))

    def run(change: Callable[[], None]) -> None:
        try:
            barrier.wait(10)
            change()
        except (Refused, NoSuchMember):
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(changes)) as pool:
        list(pool.map(run, changes))
