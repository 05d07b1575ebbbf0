"""Somebody who deletes their account: the workspaces that would miss them, and what goes.

Memberships, drafts and reading positions go by their foreign keys; articles, revisions and reports
stay, and their author is nobody. What they asked is in no model, and goes here.
"""

from typing import Any

from django.db.models import F
from django.urls import reverse

from accounts.deletion import Reason
from accounts.models import User
from kbsite import mongo
from knowledge.models import Membership, Role, Workspace


def duties(user: User) -> list[Reason]:
    """The workspaces that they own, or whose only admin they are."""
    return [
        reason
        for workspace in Workspace.objects.filter(pk__in=_administered(user), deleted_at=None)
        if (reason := _duty(user, workspace))
    ]


def take_leave(user: User) -> None:
    """Remove what they asked, and collide with whoever changes the people of their workspaces."""
    mine = Workspace.objects.filter(pk__in=_administered(user))
    mine.update(people_version=F("people_version") + 1)
    mongo.answers().delete_many({"asker": user.pk}, session=mongo.session())


def _administered(user: User) -> list[Any]:
    owned = Workspace.objects.filter(owner_id=user.pk).values_list("pk", flat=True)
    as_admin = Membership.objects.filter(user_id=user.pk, role=Role.ADMIN)
    return [*owned, *as_admin.values_list("workspace_id", flat=True)]


def _duty(user: User, workspace: Workspace) -> Reason | None:
    people = reverse("knowledge:people", args=[workspace.slug])
    if workspace.owner_id == user.pk:
        words = "Hand it over to another member, or delete it."
        return Reason(f"You own the workspace “{workspace.name}”. {words}", people)
    admins = Membership.objects.filter(workspace_id=workspace.pk, role=Role.ADMIN)
    others = list(admins.exclude(user_id=user.pk).values_list("user_id", flat=True))
    if User.objects.filter(pk__in=others, is_active=True).exists():
        return None
    words = "Make somebody else an admin of it first."
    return Reason(f"You are the only admin of the workspace “{workspace.name}”. {words}", people)
