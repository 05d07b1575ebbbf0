"""That the site keeps an administrator: accounts/administrators.py."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connections

from accounts.administrators import LastAdministrator, keeping_one
from accounts.models import User
from tests.conftest import PASSWORD


def admins(*names: str) -> list[User]:
    return [User.objects.create_superuser(name, f"{name}@example.org", PASSWORD) for name in names]


def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def left() -> list[str]:
    found = User.objects.filter(is_superuser=True, is_active=True)
    return sorted(found.values_list("username", flat=True))


def test_the_last_administrator_stays(db: None) -> None:
    ada, eve = admins("ada", "eve")
    keeping_one(partial(deactivate, ada))
    with pytest.raises(LastAdministrator):
        keeping_one(partial(deactivate, eve))
    assert left() == ["eve"]


def test_others_may_go_where_there_is_no_administrator(db: None) -> None:
    user = User.objects.create_user("ada")
    keeping_one(partial(deactivate, user))
    assert not User.objects.get().is_active


def test_administrators_who_take_each_other_away_at_once_leave_one(db: None) -> None:
    def attempt(user: User) -> bool:
        try:
            keeping_one(partial(deactivate, user))
        except LastAdministrator:
            return False
        finally:
            connections.close_all()
        return True

    people = admins("ada", "eve", "ida", "uma")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, people))
    assert done.count(True) == 3
    assert len(left()) == 1
