"""Making a workspace, and taking one away with everything that is in it.

Who may read or edit one is `access.py`; its articles are written by `editing.py`.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from kbsite import mongo
from knowledge import recipes
from knowledge.editing import purge_articles, slugs_for
from knowledge.models import (
    Article,
    BulkAction,
    Draft,
    ImportJob,
    Invitation,
    Membership,
    OldAddress,
    ProblemReport,
    ReadingPosition,
    Role,
    Workspace,
)

ARTICLES_PER_STEP: Final = 50
RESERVED_SLUGS: Final = frozenset({"admin", "api", "new", "static"})
"""Kept for addresses of the site itself, and because a link with them would pass for one."""
OF_A_WORKSPACE: Final = (
    BulkAction,
    Draft,
    ImportJob,
    Invitation,
    OldAddress,
    ProblemReport,
    ReadingPosition,
)


class WorkspaceExists(Exception):
    """Another workspace has this slug."""


def create_workspace(
    *, name: str, slug: str = "", owner: User | None = None, **fields: Any
) -> Workspace:
    """Store a new workspace, and its owner as its first admin.

    Without a slug one is made from the name, and numbered where others have it. Raises
    `WorkspaceExists` when the given one exists.
    """
    fields |= {"name": name, "owner": owner}
    for candidate in [slug] if slug else _free_slugs(name):
        try:
            return mongo.in_transaction(partial(_insert, {**fields, "slug": candidate}))
        except IntegrityError as error:
            if "index: slug" not in str(error.__cause__):
                raise
    raise WorkspaceExists(slug)


def change_workspace(workspace: Workspace, **changes: Any) -> None:
    """Store what is new; other fields stay as somebody else may have set them meanwhile."""
    Workspace.objects.filter(pk=workspace.pk).update(**changes)


def archive_workspace(workspace: Workspace) -> None:
    """Let nobody write in it any more; it is read and searched as before."""
    Workspace.objects.filter(pk=workspace.pk, archived_at=None).update(archived_at=timezone.now())


def unarchive_workspace(workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(archived_at=None)


def delete_workspace(workspace: Workspace) -> None:
    """Close it to everyone, at once and for good; the worker's sweep purges it."""
    Workspace.objects.filter(pk=workspace.pk, deleted_at=None).update(deleted_at=timezone.now())


def purge_workspace(workspace: Workspace) -> None:
    """Remove the workspace with everything that is in it.

    It is closed to everyone first and then emptied in steps, so that no transaction grows with
    its size. Stopped half-way it stays closed, and purging it again goes on.
    """
    delete_workspace(workspace)
    Membership.objects.filter(workspace_id=workspace.pk).delete()
    while articles := list(_articles(workspace).only("pk")[:ARTICLES_PER_STEP]):
        mongo.in_transaction(partial(purge_articles, articles))
    mongo.chunks().delete_many({"workspace_id": str(workspace.pk)})
    mongo.answers().delete_many({"workspace_id": str(workspace.pk)})
    for model in OF_A_WORKSPACE:
        model.objects.filter(workspace_id=workspace.pk).delete()
    for bucket in (mongo.images(), mongo.uploads()):
        for file in bucket.find({"metadata.workspace_id": workspace.pk}):
            bucket.delete(file._id)
    Workspace.objects.filter(pk=workspace.pk).delete()


def holdings(workspace: Workspace) -> dict[str, int]:
    """How much `purge_workspace` would remove, by kind in words for people."""
    mine = {"workspace_id": str(workspace.pk)}
    searched = {**mine, "recipe": recipes.read().active}
    return {
        "articles": _articles(workspace).count(),
        "searchable passages": mongo.chunks().count_documents(searched),
        "answers": mongo.answers().count_documents(mine),
        "memberships": Membership.objects.filter(workspace_id=workspace.pk).count(),
    }


def _articles(workspace: Workspace) -> QuerySet[Article]:
    return Article.objects.filter(workspace_id=workspace.pk).order_by("pk")


def _free_slugs(name: str) -> Iterator[str]:
    return (slug for slug in slugs_for(name, wordless="workspace") if slug not in RESERVED_SLUGS)


def _insert(fields: dict[str, Any]) -> Workspace:
    workspace = Workspace(**fields)
    workspace.save(force_insert=True)
    if workspace.owner:
        Membership.objects.create(workspace=workspace, user=workspace.owner, role=Role.ADMIN)
    return workspace
