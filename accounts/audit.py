"""The audit log: who did what, on whom, from where, and what came of it. Append-only.

`details` never holds a secret, a password, a token or an article's text (C3). What each action
means is told at length in `docs/audit.md`. Who changed an article stands in its revisions.
"""

from datetime import timedelta
from typing import Any, Final, Literal

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.visits import Visit

DONE: Final = AuditEvent.Outcome.DONE
REFUSED: Final = AuditEvent.Outcome.REFUSED

Action = Literal[
    "session.open",
    "session.end",
    "session.revoke",
    "session.revoke_all",
    "session.refresh_reused",
    "password.change",
    "password.reset",
    "password.set",
    "password.force_change",
    "identity.confirm",
    "mfa.enable",
    "mfa.disable",
    "mfa.refused",
    "mfa.reset",
    "recovery.use",
    "recovery.renew",
    "token.make",
    "token.revoke",
    "user.register",
    "user.create",
    "user.invite",
    "user.change",
    "user.promote",
    "user.demote",
    "user.deactivate",
    "user.activate",
    "user.unlock",
    "user.delete",
    "email.ask",
    "email.verify",
    "email.change",
    "member.add",
    "member.role",
    "member.remove",
    "invitation.send",
    "invitation.revoke",
    "invitation.accept",
    "workspace.create",
    "workspace.open",
    "workspace.close",
    "workspace.require_mfa",
    "workspace.waive_mfa",
    "workspace.archive",
    "workspace.unarchive",
    "workspace.transfer",
    "workspace.delete",
    "calibration.store",
    "calibration.reset",
    "reembed.switch",
    "backup.make",
    "backup.restore",
    "audit.export",
]

WORDS: Final[dict[Action, str]] = {
    "session.open": "Signed in",
    "session.end": "Signed out",
    "session.revoke": "Session ended",
    "session.revoke_all": "All sessions ended",
    "session.refresh_reused": "Refresh token used twice",
    "password.change": "Password changed",
    "password.reset": "Password chosen by a mailed link",
    "password.set": "Password given by somebody else",
    "password.force_change": "Password change demanded",
    "identity.confirm": "Password asked again",
    "mfa.enable": "Second step turned on",
    "mfa.disable": "Second step turned off",
    "mfa.refused": "Code of the second step refused",
    "mfa.reset": "Second step reset",
    "recovery.use": "Recovery code used",
    "recovery.renew": "Recovery codes renewed",
    "token.make": "API token made",
    "token.revoke": "API token revoked",
    "user.register": "Account made by its owner",
    "user.create": "Account made for somebody",
    "user.invite": "Account made by mailing a link",
    "user.change": "Account changed",
    "user.promote": "Made an administrator",
    "user.demote": "Administrator no more",
    "user.deactivate": "Account deactivated",
    "user.activate": "Account activated",
    "user.unlock": "Failures to sign in forgotten",
    "user.delete": "Account deleted",
    "email.ask": "Another e-mail address asked for",
    "email.verify": "E-mail address confirmed",
    "email.change": "E-mail address changed",
    "member.add": "Member added",
    "member.role": "Role changed",
    "member.remove": "Member removed",
    "invitation.send": "Invitation sent",
    "invitation.revoke": "Invitation revoked",
    "invitation.accept": "Invitation accepted",
    "workspace.create": "Workspace created",
    "workspace.open": "Workspace opened to everyone",
    "workspace.close": "Workspace closed to all but members",
    "workspace.require_mfa": "Second step required in a workspace",
    "workspace.waive_mfa": "Second step no longer required in a workspace",
    "workspace.archive": "Workspace archived",
    "workspace.unarchive": "Workspace taken out of the archive",
    "workspace.transfer": "Workspace handed over",
    "workspace.delete": "Workspace deleted",
    "calibration.store": "Calibration stored",
    "calibration.reset": "Calibration reset",
    "reembed.switch": "Embedding model switched",
    "backup.make": "Backup made",
    "backup.restore": "Backup restored",
    "audit.export": "Audit log exported",
}


def record(
    action: Action,
    *,
    by: AbstractBaseUser | AnonymousUser | None = None,
    on: User | None = None,
    request: HttpRequest | None = None,
    outcome: AuditEvent.Outcome = DONE,
    **details: Any,
) -> None:
    """Add an event; without a request, one that a command on the server did."""
    now = timezone.now()
    AuditEvent.objects.create(
        at=now,
        action=action,
        outcome=outcome,
        address=Visit.of(request).address if request else "",
        details=details,
        purge_at=now + timedelta(days=settings.AUDIT_DAYS),
        **_named("actor", by),
        **_named("target", on),
    )


def in_words(action: str) -> str:
    """What a page calls it; an action of another version by its own name."""
    words: dict[Any, str] = {**WORDS}
    return words.get(action, action)


def _named(role: str, person: AbstractBaseUser | AnonymousUser | None) -> dict[str, str]:
    if not isinstance(person, User):
        return {}
    return {f"{role}_id": str(person.pk), f"{role}_name": person.username}
