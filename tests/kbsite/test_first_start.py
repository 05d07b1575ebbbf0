"""The first start makes an admin and a manual, once; a lost password has a way back."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from kbsite.admins import one_time_password
from kbsite.first_start import prepare
from knowledge.models import Article, Visibility, Workspace


@pytest.fixture
def said(db: None) -> list[str]:
    """What a first start says."""
    lines: list[str] = []
    prepare(say=lines.append)
    return lines


def password_in(lines: list[str]) -> str:
    (line,) = [line for line in lines if "password  " in line]
    return line.split()[1]


def test_the_admin_signs_in_with_the_password_and_must_change_it(said: list[str]) -> None:
    browser = Client()
    data = {"username": "admin", "password": password_in(said)}
    browser.post(reverse("accounts:login"), data)
    response: Any = browser.get(reverse("admin:index"))
    assert response.status_code == 302
    assert reverse("accounts:password_change") in response.headers["Location"]


def test_the_manual_is_a_public_workspace(said: list[str]) -> None:
    manual = Workspace.objects.get(slug="help")
    assert manual.visibility == Visibility.PUBLIC
    assert Article.objects.filter(workspace=manual).exists()


def test_a_second_start_brings_nothing_back(said: list[str]) -> None:
    Workspace.objects.all().delete()
    User.objects.all().delete()
    again: list[str] = []
    prepare(say=again.append)
    assert again == []
    assert not User.objects.exists()
    assert not Workspace.objects.exists()


def test_a_site_with_an_admin_gets_no_other(db: None) -> None:
    User.objects.create_superuser("grace", "", "Correct-horse-9")
    lines: list[str] = []
    prepare(say=lines.append)
    assert not any("password" in line for line in lines)
    assert User.objects.count() == 1


def reset(*arguments: str) -> str:
    output = StringIO()
    call_command("reset_admin", *arguments, stdout=output)
    return password_in(output.getvalue().splitlines())


def test_a_lost_password_is_replaced_and_the_new_one_must_be_changed(db: None) -> None:
    User.objects.create_superuser("grace", "", "Correct-horse-9")
    password = reset()
    user = User.objects.get(username="grace")
    assert user.check_password(password)
    assert not user.check_password("Correct-horse-9")
    assert user.must_change_password


def test_without_an_admin_one_is_made(db: None) -> None:
    password = reset()
    assert User.objects.get(username="admin", is_superuser=True).check_password(password)


def test_whoever_is_named_becomes_an_active_admin(db: None) -> None:
    User.objects.create_user("ada", "", "Correct-horse-9", is_active=False)
    password = reset("Ada")
    user = User.objects.get(username="ada")
    assert user.check_password(password)
    assert user.is_active
    assert user.is_superuser


def test_an_ordinary_user_is_not_made_admin_unasked(db: None) -> None:
    User.objects.create_user("admin", "", "Correct-horse-9")
    with pytest.raises(CommandError, match="reset_admin admin"):
        reset()
    assert not User.objects.get(username="admin").is_superuser


def test_an_unknown_name_is_said(db: None) -> None:
    with pytest.raises(CommandError, match="nobody"):
        reset("nobody")


def test_one_time_passwords_differ_and_need_no_guessing_of_letters() -> None:
    passwords = {one_time_password() for _ in range(200)}
    assert len(passwords) == 200
    assert not set("".join(passwords)) & set("0O1lI")
