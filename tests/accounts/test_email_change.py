"""Changing one's e-mail address: shown to be oneself, confirmed by a link, told to the old one."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import sending
from accounts.models import AuditEvent, User
from tests.accounts.authenticator import code, give_second_factor
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
CHANGE = "/accounts/email/"


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada", email_verified_at=timezone.now())


@pytest.fixture
def here(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def ask(client: Client, email: str = "new@example.org", **given: str) -> Any:
    return client.post(CHANGE, {"email": email, "current_password": PASSWORD, **given})


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def link() -> str:
    sending.send_due()
    found = re.search(r"/accounts/email/link/\S+", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[0]


def email_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def test_m4_the_new_address_counts_once_confirmed_and_the_old_one_is_told(
    here: Client, ada: User
) -> None:
    assert ask(here).status_code == 302
    path = link()
    assert mail.outbox[-1].to == ["new@example.org"]
    assert email_of(ada) == "ada@example.org"
    assert "new@example.org waits" in text_of(here.get("/accounts/security/"))
    here.post(path)
    assert email_of(ada) == "new@example.org"
    sending.send_due()
    told = mail.outbox[-1]
    assert (told.to, "was changed" in told.subject) == (["ada@example.org"], True)
    assert AuditEvent.objects.filter(action="email.change").count() == 1
    assert here.post(path).status_code == 404


@pytest.mark.parametrize("given", [{"current_password": "Wrong-horse-9"}, {"current_password": ""}])
def test_m4_an_open_session_alone_changes_nothing(
    here: Client, ada: User, given: dict[str, str]
) -> None:
    page = ask(here, **given)
    assert 'aria-invalid="true"' in text_of(page)
    assert 'value="new@example.org"' in text_of(page)
    assert User.objects.get().email_pending == ""


def test_m4_with_a_second_factor_a_code_is_asked_too(here: Client, ada: User) -> None:
    give_second_factor(ada)
    here.force_login(User.objects.get())
    assert ask(here).status_code == 200
    assert User.objects.get().email_pending == ""
    assert ask(here, code=code()).status_code == 302


def test_r4_a_taken_address_gets_the_ordinary_reply_and_its_owner_a_mail(
    here: Client, make_user: MakeUser
) -> None:
    make_user("olga")
    replies = [ask(here, "Olga@example.org"), ask(here, "free@example.org")]
    pages = [text_of(here.get(reply["Location"])) for reply in replies]
    assert replies[0].status_code == replies[1].status_code == 302
    assert "on its way to" in pages[0]
    sending.send_due()
    told = [(message.to[0], "link/" in message.body) for message in mail.outbox]
    assert told == [("olga@example.org", False), ("free@example.org", True)]


def test_who_confirms_a_taken_address_first_has_it(
    here: Client, ada: User, make_user: MakeUser
) -> None:
    ask(here)
    path = link()
    make_user("new")
    assert "is taken" in text_of(here.post(path))
    assert email_of(ada) == "ada@example.org"


def test_only_the_address_asked_for_last_can_be_confirmed(here: Client, ada: User) -> None:
    ask(here, "first@example.org")
    first = link()
    ask(here, "second@example.org")
    assert here.post(first).status_code == 404
    here.post(link())
    assert email_of(ada) == "second@example.org"


def test_m4_a_new_password_ends_a_change_that_waits(here: Client, ada: User) -> None:
    ask(here, "thief@example.org")
    path = link()
    ada.refresh_from_db()
    ada.replace_hash(make_password("Another-horse-9"), seen=ada.password)
    assert Client().post(path).status_code == 404
    assert email_of(ada) == "ada@example.org"


def test_a_given_address_is_confirmed_without_another(here: Client, ada: User) -> None:
    User.objects.update(email_verified_at=None)
    assert 'value="ada@example.org"' in text_of(here.get(CHANGE))
    ask(here, "ada@example.org")
    here.post(link())
    assert User.objects.get().email_verified_at
    sending.send_due()
    assert len(mail.outbox) == 1, "nobody is told of a change that is none"


def test_an_address_that_is_confirmed_needs_nothing(here: Client) -> None:
    assert "already" in text_of(ask(here, "ada@example.org"))


def test_a_site_that_sends_no_mail_says_so(here: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = settings.NO_EMAIL_BACKEND
    assert "not set up to send e-mail" in text_of(ask(here))
    assert User.objects.get().email_pending == ""


def test_somebody_who_was_deactivated_confirms_nothing(here: Client, ada: User) -> None:
    ask(here)
    path = link()
    User.objects.update(is_active=False)
    assert Client().post(path).status_code == 404
