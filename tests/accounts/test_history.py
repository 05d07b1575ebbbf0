"""What is kept of a user's passwords, and how it changes: accounts/models.py, passwords.py."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher, identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts import passwords
from accounts.models import PasswordConflict, User
from accounts.models.users import RememberedPassword
from accounts.passwords import change_password
from kbsite import mongo
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
VERIFY = BCryptSHA256PasswordHasher.verify


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def change(user: User, raw: str) -> None:
    change_password(user=user, raw=raw, seen_hash=user.password)


def test_the_first_password_is_remembered_in_the_write_that_creates_the_user(
    make_user: MakeUser,
) -> None:
    user = fresh(make_user())
    stored = mongo.database()["users"].find_one({"_id": user.pk})
    assert stored is not None
    assert [entry["password"] for entry in stored["password_history"]] == [user.password]


def test_a_change_remembers_the_new_password_last_and_lets_the_user_go_on(
    make_user: MakeUser,
) -> None:
    user = make_user(must_change_password=True)
    first, before = user.password, timezone.now()
    change(user, "Another-horse-9")
    user = fresh(user)
    assert user.check_password("Another-horse-9")
    assert [entry.password for entry in user.password_history] == [first, user.password]
    assert not user.must_change_password
    assert user.password_changed_at >= before.replace(microsecond=0)


def test_ten_passwords_are_remembered_and_the_eleventh_is_free_again(make_user: MakeUser) -> None:
    user = make_user()
    for number in range(9):
        change(user, f"Changed-horse-{number}")
    for refused in (PASSWORD, "Changed-horse-0", "Changed-horse-8"):
        with pytest.raises(ValidationError, match="used this password before"):
            change(fresh(user), refused)
    change(user, "Changed-horse-9")
    change(user, PASSWORD)
    assert len(fresh(user).password_history) == 10


def test_p10_24_remembered_passwords_cost_25_checks_the_cheapest_first(
    make_user: MakeUser, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PASSWORD_HISTORY = 24
    user, remembered, checked = make_user(), list[RememberedPassword](), list[str]()
    for number in range(24):
        monkeypatch.setattr(BCryptSHA256PasswordHasher, "rounds", 5 - number % 2)
        remembered.append(RememberedPassword(password=make_password(f"Old-horse-{number}")))
    User.objects.filter(pk=user.pk).update(password_history=remembered)

    def verify(hasher: BCryptSHA256PasswordHasher, raw: str, encoded: str) -> bool:
        checked.append(encoded)
        return VERIFY(hasher, raw, encoded)

    monkeypatch.setattr(BCryptSHA256PasswordHasher, "verify", verify)
    monkeypatch.setattr(passwords, "_checkers", ThreadPoolExecutor(1))
    change(fresh(user), "Another-horse-9")
    costs = [identify_hasher(each).decode(each)["work_factor"] for each in checked]
    assert costs == [4] * 13 + [5] * 12


def test_a_user_from_before_the_policy_signs_in_and_their_password_is_not_lost(
    make_user: MakeUser,
) -> None:
    user = make_user()
    User.objects.filter(pk=user.pk).update(password=make_password("weak"), password_history=[])
    user = fresh(user)
    assert authenticate(username="ada", password="weak") == user
    with pytest.raises(ValidationError, match="used this password before"):
        change(user, "weak")
    old = user.password
    change(user, "Another-horse-9")
    assert [entry.password for entry in fresh(user).password_history] == [old, user.password]


def test_of_two_changes_at_once_one_wins_and_the_other_is_told(make_user: MakeUser) -> None:
    user, barrier = make_user(), Barrier(2)

    def attempt(raw: str) -> str | None:
        mine = fresh(user)
        barrier.wait()
        try:
            change(mine, raw)
        except PasswordConflict:
            return None
        return raw

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, ["Another-horse-1", "Another-horse-2"]))
    [winner] = [raw for raw in results if raw]
    stored = fresh(user)
    assert stored.check_password(winner)
    assert [entry.password for entry in stored.password_history] == [user.password, stored.password]


def test_a_stale_copy_of_the_user_cannot_bring_an_old_password_back(make_user: MakeUser) -> None:
    user = make_user()
    stale = fresh(user)
    change(user, "Another-horse-9")
    stale.first_name = "Ada"
    stale.save()
    assert fresh(user).first_name == "Ada"
    assert fresh(user).check_password("Another-horse-9")


def test_setting_and_saving_as_django_does_obeys_policy_and_history(make_user: MakeUser) -> None:
    user = make_user()
    with pytest.raises(ValidationError, match="at least 8"):
        user.set_password("weak")
    with pytest.raises(ValidationError, match="used this password before"):
        user.set_password(PASSWORD)
    user.set_password("Another-horse-9")
    user.save(update_fields=["password"])
    assert fresh(user).check_password("Another-horse-9")
    assert len(fresh(user).password_history) == 2


def test_setting_and_saving_a_stale_copy_is_a_conflict(make_user: MakeUser) -> None:
    user = make_user()
    stale = fresh(user)
    change(user, "Another-horse-9")
    stale.set_password("Another-horse-8")
    with pytest.raises(PasswordConflict):
        stale.save()
    assert fresh(user).check_password("Another-horse-9")


def test_no_user_is_created_with_a_weak_password(db: None) -> None:
    with pytest.raises(ValidationError, match="at least 8"):
        User.objects.create_user("ada", password="weak")
    assert not User.objects.exists()


def test_a_user_without_a_password_cannot_sign_in_and_remembers_none(db: None) -> None:
    user = User.objects.create_user("ada")
    assert not user.has_usable_password()
    assert user.password_history == []


def test_p2_p4_every_character_counts(make_user: MakeUser) -> None:
    passwords = [
        *("Aa1-" + "x" * (length - 5) + last for length in (64, 72, 73, 80, 4096) for last in "yz"),
        *("Correct-h\0rse-9", "Correct-h\0rs-9", "Correct-horse-é", "Correct-horse-e\u0301"),
        *(" Correct-Horse-9", " Correct-Horse-9 ", "Correct-Horse-9"),
    ]
    for raw in passwords:
        user = User(password=make_password(raw))
        assert [other for other in passwords if user.check_password(other)] == [raw]


def test_p9_a_cheaper_hash_is_upgraded_at_sign_in_in_place(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user(must_change_password=True)
    old = fresh(user)
    monkeypatch.setattr(BCryptSHA256PasswordHasher, "rounds", 5)
    assert authenticate(username="ada", password=PASSWORD) == user
    new = fresh(user)
    assert identify_hasher(new.password).decode(new.password)["work_factor"] == 5
    assert [entry.password for entry in new.password_history] == [new.password]
    assert new.password_history[0].created_at == old.password_history[0].created_at
    assert new.password_changed_at == old.password_changed_at
    assert new.must_change_password


def test_names_and_emails_are_unique_whatever_their_case(make_user: MakeUser) -> None:
    make_user("ada")
    with pytest.raises(IntegrityError):
        User.objects.create_user("ADA", "other@example.org", PASSWORD)
    with pytest.raises(IntegrityError):
        User.objects.create_user("eve", "ADA@example.org", PASSWORD)
    User.objects.create_user("eve", "", PASSWORD)
    User.objects.create_user("bob", "", PASSWORD)
