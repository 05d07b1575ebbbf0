"""What is written to the audit log about workspaces and who belongs to them, by address name.

Who may do what is not decided here, and who wrote what stands in the articles' history.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from knowledge.models import Membership, Visibility, Workspace

SETTINGS: Final[dict[str, dict[Any, audit.Action]]] = {
    "visibility": {
        Visibility.PUBLIC: "workspace.open",
        Visibility.MEMBERS: "workspace.close",
    },
    "require_mfa": {True: "workspace.require_mfa", False: "workspace.waive_mfa"},
}
"""The settings that are noted, with the action for each value."""


def note(
    action: audit.Action,
    workspace: Workspace,
    *,
    request: HttpRequest,
    on: User | None = None,
    **details: str,
) -> None:
    """Somebody did this in the workspace, to whomever `on` names."""
    facts: dict[str, Any] = {"workspace": workspace.slug, **details}
    audit.record(action, by=request.user, on=on, request=request, **facts)


def note_settings(
    workspace: Workspace, changes: Mapping[str, Any], *, request: HttpRequest
) -> None:
    """Those of the changes that decide who may read it, and how they have to sign in."""
    for name, actions in SETTINGS.items():
        if name in changes:
            note(actions[changes[name]], workspace, request=request)


def note_member(action: audit.Action, membership: Membership, *, request: HttpRequest) -> None:
    """Somebody was made a member, or is one with another role, or is one no more."""
    role = {} if action == "member.remove" else {"role": str(membership.role)}
    note(action, membership.workspace, request=request, on=membership.user, **role)
