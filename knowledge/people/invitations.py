"""Invitations: a secret link for each, kept as a hash only, that makes its bearer a member.

The mail's link and the one that the inviter can pass on differ: the second is the hash of the
first, so whoever has it cannot make the first, and only the first shows that the mailbox was
read. What is stored is the hash of the second. Mailing is `mail`.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts.identity import identity_key
from accounts.models import User
from knowledge.access import rights_in
from knowledge.models import Invitation, Membership, Role, SentInvitation, Workspace
from knowledge.people.members import Refused, change_people, join

MAX_OPEN = 200
MAX_SENT_AN_HOUR = 30
COUNTED = timedelta(hours=1)


class InvitationGone(Exception):
    """There is no such invitation any more: used, revoked, expired, or its workspace closed."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The two tokens of an invitation that was just made; they are not stored."""

    mailed: str
    passed_on: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An invitation by one of its links; `by_mail`: the bearer has read the invited mailbox."""

    invitation: Invitation
    by_mail: bool


def invite(*, workspace: Workspace, email: str, role: Role, by: User) -> tuple[Invitation, Secrets]:
    """Store an invitation, in the place of one that the address already has.

    Raises `Refused` for a member, and above what a workspace or an inviter may send.
    """
    _count(by)
    key = identity_key(email)
    made = _new_secrets()
    now = timezone.now()
    fields = {
        "workspace": workspace,
        "email": email,
        "email_key": key,
        "role": role,
        "invited_by": by,
        "token_hash": _hash(made.passed_on),
        "created_at": now,
        "expires_at": now + timedelta(days=settings.INVITATION_DAYS),
    }

    def store() -> Invitation:
        _refuse_more(workspace, key)
        Invitation.objects.filter(workspace_id=workspace.pk, email_key=key).delete()
        return Invitation.objects.create(**fields)

    return change_people(workspace, store, by=by), made


def open_invitations(workspace: Workspace) -> QuerySet[Invitation]:
    return Invitation.objects.filter(workspace_id=workspace.pk, expires_at__gt=timezone.now())


def revoke(invitation: Invitation) -> None:
    """Make its links worthless, at once."""
    Invitation.objects.filter(pk=invitation.pk).delete()


def open_invitation(token: str) -> Opened:
    """The invitation that a link leads to. Raises `InvitationGone`.

    It holds as long as whoever sent it may invite, and its workspace is open.
    """
    by_hash = {_hash(token): False, _hash(_hash(token)): True}
    found = Invitation.objects.filter(token_hash__in=list(by_hash)).first()
    if found is None or found.expires_at <= timezone.now() or not may_still_invite(found):
        raise InvitationGone
    return Opened(found, by_mail=by_hash[found.token_hash])


def accept(token: str, *, user: User) -> Workspace:
    """Make the user a member and use the invitation up, both or neither.

    A role that is higher already stays. Raises `InvitationGone`.
    """
    workspace = open_invitation(token).invitation.workspace

    def use() -> None:
        invitation = open_invitation(token).invitation
        invitation.delete()
        join(workspace=workspace, user=user, role=Role(invitation.role))

    change_people(workspace, use)
    return workspace


def may_still_invite(invitation: Invitation) -> bool:
    inviter = invitation.invited_by
    return inviter is not None and rights_in(inviter, invitation.workspace).manage


def _new_secrets() -> Secrets:
    mailed = secrets.token_urlsafe(32)
    return Secrets(mailed=mailed, passed_on=_hash(mailed))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _count(by: User) -> None:
    """Count first and look then: many at once cannot all find room."""
    mine = SentInvitation.objects.create(sender=by)
    since = timezone.now() - COUNTED
    if SentInvitation.objects.filter(sender=by, sent_at__gt=since).count() > MAX_SENT_AN_HOUR:
        mine.delete()
        raise Refused(
            f"You have sent {MAX_SENT_AN_HOUR} invitations within an hour. Nothing was sent now; "
            "try again later."
        )


def _refuse_more(workspace: Workspace, key: str) -> None:
    # one question: to look up the account first would take longer where there is one (R4)
    members = Membership.objects.filter(workspace_id=workspace.pk)
    if members.filter(user__email_key=key).exists():
        raise Refused("This person is a member already.")
    if open_invitations(workspace).exclude(email_key=key).count() >= MAX_OPEN:
        raise Refused(f"{MAX_OPEN} invitations are open. Revoke some that are not needed first.")
