"""What waits for somebody in the workspaces that they edit: own drafts, readers' reports."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from accounts.models import User
from knowledge.access import rights_of
from knowledge.models import Draft, ProblemReport, Workspace


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers of one workspace, of which one at least is not zero."""

    workspace: Workspace
    drafts: int
    reports: int


def waiting_for(user: User, workspaces: Iterable[Workspace]) -> list[Waiting]:
    """In the order of the workspaces; one query for each kind, however many they are."""
    workspaces = list(workspaces)
    rights = rights_of([user], [(user.pk, space.pk) for space in workspaces])
    edited = [space for space in workspaces if rights[user.pk, space.pk].edit]
    if not edited:
        return []
    ids = [space.pk for space in edited]
    drafts = _counts(Draft.objects.filter(user_id=user.pk, workspace_id__in=ids))
    reports = _counts(
        ProblemReport.objects.filter(workspace_id__in=ids, resolved_at=None).order_by()
    )
    return [
        Waiting(space, drafts[space.pk], reports[space.pk])
        for space in edited
        if drafts[space.pk] or reports[space.pk]
    ]


def _counts(found: Any) -> Counter[Any]:
    by_workspace = found.values_list("workspace_id").annotate(count=Count("pk"))
    return Counter(dict(by_workspace))
