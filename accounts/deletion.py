"""Deleting an account, and what speaks against it for now.

What other apps hold of people goes by their models' foreign keys. Where that is not all, they name
functions in the settings, each called with the person: ACCOUNT_DELETION_STEPS remove what is no
model's, in the transaction of the deletion; ACCOUNT_DELETION_CHECKS say what somebody else would
miss (`list[Reason]`), there once more and on the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from accounts import audit, notices
from accounts.administrators import LastAdministrator, keeping_one
from accounts.models import User
from accounts.notices import Notice


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an account cannot be deleted yet, what to do about it, and where."""

    text: str
    url: str = ""


class NotYet(Exception):
    """Nothing was deleted, for these reasons."""

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


LAST_ADMINISTRATOR = Reason(
    "You are the only administrator of this site. Make somebody else one first."
)


def reasons_against(user: User) -> list[Reason]:
    """What has to be done before; nothing for most people."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    last = user.is_superuser and not others.exists()
    found = [reason for check in _named("ACCOUNT_DELETION_CHECKS") for reason in check(user)]
    return [LAST_ADMINISTRATOR, *found] if last else found


def delete_account(user: User, *, request: HttpRequest) -> None:
    """Remove one's own account, which ends everything that it can be used with. Raises `NotYet`."""

    def leave() -> None:
        _take_leave(user)
        if reasons := reasons_against(user):
            raise NotYet(reasons)
        audit.record("user.delete", by=user, on=user, request=request)
        if user.email:
            facts = {"send_to": user.email, "username": user.username}
            notices.tell(user, Notice.ACCOUNT_DELETED, request=request, **facts)
        User.objects.filter(pk=user.pk).delete()

    try:
        keeping_one(leave)
    except LastAdministrator as error:
        raise NotYet([LAST_ADMINISTRATOR]) from error


def remove(user: User) -> None:
    """Remove the account with all that is its own; to be called in a transaction."""
    _take_leave(user)
    User.objects.filter(pk=user.pk).delete()


def _take_leave(user: User) -> None:
    for step in _named("ACCOUNT_DELETION_STEPS"):
        step(user)


def _named(setting: str) -> list[Callable[[User], Any]]:
    return [import_string(path) for path in getattr(settings, setting)]
