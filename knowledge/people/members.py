"""Who belongs to a workspace, and as what: changing roles, removing, leaving, handing over.

Each change is one transaction that also counts up the workspace's `people_version`. Two at once
therefore collide, and the second is decided anew by what the first has left: a workspace never
loses its last admin. Who is invited is `invitations`; what a role allows is `access`.
"""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import F

from accounts.models import User
from kbsite import mongo
from knowledge.access import Rights, rights_in
from knowledge.models import Membership, Role, Workspace

T = TypeVar("T")
RANKS = list(Role)


class Refused(Exception):
    """It may not be done; the message says why, for whoever asked."""


class NoSuchMember(Exception):
    """The person is not a member, or not any more."""


def change_role(*, workspace: Workspace, user: User, role: Role, by: User) -> None:
    """Let the member be something else. Raises `Refused`, `NoSuchMember`."""

    def change() -> None:
        membership = _membership(workspace, user)
        if membership.role == role:
            return
        _keep_owner(workspace, user)
        if membership.role == Role.ADMIN:
            _keep_an_admin(workspace, user)
        Membership.objects.filter(pk=membership.pk).update(role=role)

    change_people(workspace, change, by=by)


def remove_member(*, workspace: Workspace, user: User, by: User) -> None:
    """Take somebody out of the workspace. Raises `Refused`, `NoSuchMember`."""
    change_people(workspace, lambda: _remove(workspace, user), by=by)


def leave_workspace(*, workspace: Workspace, user: User) -> None:
    """Take oneself out of it. Raises `Refused`, `NoSuchMember`."""
    change_people(workspace, lambda: _remove(workspace, user))


def transfer_workspace(*, workspace: Workspace, to: User, by: User) -> None:
    """Make a member the workspace's owner, and an admin; who owned it stays an admin.

    Raises `Refused`, `NoSuchMember`.
    """

    def transfer() -> None:
        if not _rights(by, workspace).own:
            raise Refused("Only the owner can do that.")
        membership = _membership(workspace, to)
        Membership.objects.filter(pk=membership.pk).update(role=Role.ADMIN)
        Workspace.objects.filter(pk=workspace.pk).update(owner_id=to.pk)

    change_people(workspace, transfer)


def join(*, workspace: Workspace, user: User, role: Role) -> None:
    """Make somebody a member with at least this role; a higher one stays.

    To be called in `change_people`.
    """
    membership = Membership.objects.filter(workspace_id=workspace.pk, user_id=user.pk).first()
    if membership is None:
        Membership.objects.create(workspace=workspace, user=user, role=role)
    elif RANKS.index(role) > RANKS.index(Role(membership.role)):
        Membership.objects.filter(pk=membership.pk).update(role=role)


def change_people(workspace: Workspace, change: Callable[[], T], *, by: User | None = None) -> T:
    """Run a change of who belongs to the workspace; of two at once one is run again, after.

    `by` has to be one of its admins when it runs, whatever they were when their page opened:
    raises `Refused`.
    """

    def attempt() -> T:
        Workspace.objects.filter(pk=workspace.pk).update(people_version=F("people_version") + 1)
        if by is not None and not _rights(by, workspace).manage:
            raise Refused("You are not an admin of this workspace any more.")
        return change()

    return mongo.in_transaction(attempt)


def _rights(user: User, workspace: Workspace) -> Rights:
    return rights_in(user, Workspace.objects.get(pk=workspace.pk))


def _remove(workspace: Workspace, user: User) -> None:
    membership = _membership(workspace, user)
    _keep_owner(workspace, user)
    if membership.role == Role.ADMIN:
        _keep_an_admin(workspace, user)
    membership.delete()


def _membership(workspace: Workspace, user: User) -> Membership:
    membership = Membership.objects.filter(workspace_id=workspace.pk, user_id=user.pk).first()
    if membership is None:
        raise NoSuchMember
    return membership


def _keep_owner(workspace: Workspace, user: User) -> None:
    if Workspace.objects.filter(pk=workspace.pk, owner_id=user.pk).exists():
        raise Refused("The owner stays an admin. Hand the workspace over to somebody else first.")


def _keep_an_admin(workspace: Workspace, user: User) -> None:
    admins = Membership.objects.filter(workspace_id=workspace.pk, role=Role.ADMIN)
    others = list(admins.exclude(user_id=user.pk).values_list("user_id", flat=True))
    if not User.objects.filter(pk__in=others, is_active=True).exists():
        raise Refused("A workspace needs an admin. Make somebody else an admin first.")


def workspace_names(user: User) -> list[str]:
    """Of the person's workspaces, for the rules about passwords: see PASSWORD_CONTEXT_WORDS.

    Of an account that is not made yet, the one that it is invited to.
    """
    if user.pk is None:
        return [user.joins] if user.joins else []
    ids = Membership.objects.filter(user=user).values_list("workspace_id", flat=True)
    return list(Workspace.objects.filter(pk__in=list(ids)).values_list("name", flat=True))
