"""Who watches, and what they may see by now.

Every page's rights are read again every second, for all open pages at once: somebody who was
removed, or whose session ended, is told nothing more (T6, S2).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from bson import ObjectId
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from knowledge.access import Rights, rights_of
from knowledge.models import Workspace


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person in one workspace, with the session that their browser showed."""

    user_id: ObjectId
    workspace_id: ObjectId
    session_key: str
    session_hash: str

    @classmethod
    def of(cls, user: User, workspace: Workspace, session: SessionBase) -> Self:
        return cls(
            user_id=user.pk,
            workspace_id=workspace.pk,
            session_key=session.session_key or "",
            session_hash=session.get(HASH_SESSION_KEY, ""),
        )


def current_rights(viewers: Collection[Viewer]) -> dict[Viewer, Rights]:
    """The rights of each by now; who may see nothing at all, or was signed out, is left out."""
    pairs = {(viewer.user_id, viewer.workspace_id) for viewer in viewers}
    users = {user.pk: user for user in User.objects.filter(pk__in={user for user, _ in pairs})}
    rights = rights_of(users.values(), pairs)
    keys = {viewer.session_key for viewer in viewers}
    open_sessions = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    hashes = {pk: user.get_session_auth_hash() for pk, user in users.items()}
    return {
        viewer: found
        for viewer in viewers
        if viewer.session_key in open_sessions
        and constant_time_compare(viewer.session_hash, hashes.get(viewer.user_id, ""))
        and (found := rights[viewer.user_id, viewer.workspace_id]).scope.grants
    }
