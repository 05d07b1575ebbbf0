"""What happened to an account lately, for its owner, in the audit log's words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from accounts import audit
from accounts.models import AuditEvent, User

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Happened:
    """One line: what, when, from where; `by` is somebody else's name, or empty."""

    what: str
    at: datetime
    address: str
    by: str
    refused: bool


def recent_events(user: User) -> list[Happened]:
    """The latest of what the person did to their account or somebody did to it, newest first."""
    me = str(user.pk)
    events = AuditEvent.objects.filter(Q(target_id=me) | Q(actor_id=me, target_id=""))
    return [_told(event, me) for event in events[:SHOWN]]


def _told(event: AuditEvent, me: str) -> Happened:
    return Happened(
        what=audit.in_words(event.action),
        at=event.at,
        address=event.address,
        by=event.actor_name if event.actor_id not in ("", me) else "",
        refused=event.outcome == audit.REFUSED,
    )
