"""That the site keeps an administrator, whoever of several is deactivated, demoted or deleted."""

from collections.abc import Callable
from typing import TypeVar

from accounts.models import User
from kbsite import mongo

T = TypeVar("T")


class LastAdministrator(Exception):
    """Nobody else could administer the site after this; nothing was done."""

    def __init__(self) -> None:
        super().__init__("The site needs an administrator, and this is the last one.")


def keeping_one(change: Callable[[], T]) -> T:
    """Run the change in a transaction, which is undone if it takes the last administrator away.

    Each writes the same document, so of two at once one runs again, and sees what is left.
    Raises `LastAdministrator`.
    """

    def attempt() -> T:
        mongo.site_settings().update_one(
            {"_id": "administrators"},
            {"$inc": {"changes": 1}},
            upsert=True,
            session=mongo.session(),
        )
        before = _is_one_left()
        result = change()
        if before and not _is_one_left():
            raise LastAdministrator
        return result

    return mongo.in_transaction(attempt)


def _is_one_left() -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exists()
