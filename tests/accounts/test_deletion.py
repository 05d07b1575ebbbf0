"""Deleting one's account: what it asks, what it refuses, and that nothing opens any more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.test import Client

from accounts import deletion, sending
from accounts.deletion import NotYet
from accounts.models import AuditEvent, Session, User
from tests.accounts.authenticator import code, give_second_factor, visit
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
DELETE = "/accounts/delete/"


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


@pytest.fixture
def here(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_the_account_is_gone_everywhere_at_once(here: Client, ada: User) -> None:
    other = Client()
    other.force_login(ada)
    page = here.post(DELETE, {"current_password": PASSWORD}, follow=True)
    assert "Your account is deleted" in text_of(page)
    assert (User.objects.count(), Session.objects.exclude(user=None).count()) == (0, 0)
    assert other.get("/accounts/security/").status_code == 302
    sending.send_due()
    (told,) = mail.outbox
    assert told.to == ["ada@example.org"]
    assert "Hello ada" in told.body
    event = AuditEvent.objects.get(action="user.delete")
    assert (event.actor_name, event.target_name) == ("ada", "ada")


def test_the_page_says_what_goes_and_what_stays(here: Client) -> None:
    page = text_of(here.get(DELETE))
    for words in ("API tokens", "memberships", "drafts", "questions", "What stays", "articles"):
        assert words in page


@pytest.mark.parametrize("password", ["", "Wrong-horse-9"])
def test_m4_an_open_session_alone_deletes_nothing(here: Client, password: str) -> None:
    assert here.post(DELETE, {"current_password": password}).status_code == 200
    assert User.objects.count() == 1


def test_m4_with_a_second_factor_a_code_is_asked_too(here: Client, ada: User) -> None:
    give_second_factor(ada)
    here.force_login(User.objects.get())
    assert here.post(DELETE, {"current_password": PASSWORD}).status_code == 200
    assert here.post(DELETE, {"current_password": PASSWORD, "code": code()}).status_code == 302


def test_opening_the_page_deletes_nothing(here: Client) -> None:
    here.get(DELETE, {"current_password": PASSWORD})
    assert User.objects.count() == 1


def test_the_last_administrator_is_refused(client: Client, make_user: MakeUser) -> None:
    root = make_user("root", is_superuser=True, is_staff=True)
    client.force_login(root)
    page = text_of(client.post(DELETE, {"current_password": PASSWORD}))
    assert "the only administrator" in page
    assert "Delete my account" not in page
    assert User.objects.count() == 1
    make_user("other", is_superuser=True, is_staff=True)
    assert client.post(DELETE, {"current_password": PASSWORD}).status_code == 302


def test_of_two_last_administrators_who_leave_at_once_one_stays(make_user: MakeUser) -> None:
    roots = [make_user(name, is_superuser=True, is_staff=True) for name in ("ann", "bob")]

    def leave(user: User) -> bool:
        try:
            deletion.delete_account(user, request=visit())
        except NotYet:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, roots)) == [False, True]
    assert User.objects.count() == 1
