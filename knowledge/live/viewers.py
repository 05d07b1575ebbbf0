"""Who watches, and what they may see by now.

Every page's rights are read again every second, for all open pages at once: somebody who was
removed, or whose session ended, is told nothing more (T6, S2).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from bson import ObjectId
from django.utils.crypto import constant_time_compare

from accounts.models import Session, User
from accounts.sessions import still_open
from knowledge.access import Rights, rights_of
from knowledge.models import Workspace


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person in one workspace, with the session that their browser showed."""

    user_id: ObjectId
    workspace_id: ObjectId
    session_id: ObjectId
    auth_hash: str

    @classmethod
    def of(cls, user: User, workspace: Workspace, session: Session) -> Self:
        return cls(
            user_id=user.pk,
            workspace_id=workspace.pk,
            session_id=session.pk,
            auth_hash=session.auth_hash,
        )


def current_rights(viewers: Collection[Viewer]) -> dict[Viewer, Rights]:
    """The rights of each by now; who may see nothing at all, or was signed out, is left out."""
    pairs = {(viewer.user_id, viewer.workspace_id) for viewer in viewers}
    users = {user.pk: user for user in User.objects.filter(pk__in={user for user, _ in pairs})}
    rights = rights_of(users.values(), pairs)
    signed_in = still_open({viewer.session_id for viewer in viewers})
    hashes = {pk: user.get_session_auth_hash() for pk, user in users.items()}
    return {
        viewer: found
        for viewer in viewers
        if viewer.session_id in signed_in
        and constant_time_compare(viewer.auth_hash, hashes.get(viewer.user_id, ""))
        and (found := rights[viewer.user_id, viewer.workspace_id]).scope.grants
    }
