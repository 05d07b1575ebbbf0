"""The link by which a forgotten password is replaced: for whom, how often and how long it works."""

import re
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import managing, outbox, sending
from accounts.models import QueuedMail, User
from tests.accounts.authenticator import give_second_factor
from tests.accounts.resets import NEW, ask, choose, mailed_link, next_link, opened
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture
def ada(make_user: Callable[..., User]) -> User:
    return make_user("ada")


def test_p11_a_link_works_once(ada: User) -> None:
    link = mailed_link()
    client = opened(link)
    choose(client)
    assert choose(client, "Third-horse-9").status_code == 404
    assert Client().get(link).status_code == 404
    assert User.objects.get(pk=ada.pk).check_password(NEW)


def test_p11_a_link_opened_twice_before_is_still_used_once(ada: User) -> None:
    link = mailed_link()
    first, second = opened(link), opened(link)
    choose(first)
    assert choose(second, "Third-horse-9").status_code == 404


def test_p11_a_link_expires_also_when_it_was_opened_before(ada: User) -> None:
    link = mailed_link()
    client = opened(link)
    later = timezone.now().replace(tzinfo=None) + timedelta(seconds=3602)
    with patch.object(PasswordResetTokenGenerator, "_now", return_value=later):
        assert Client().get(link).status_code == 404
        assert choose(client).status_code == 404


def test_p11_a_mail_that_waited_for_an_hour_is_not_sent(ada: User) -> None:
    ask(Client())
    QueuedMail.objects.update(created_at=timezone.now() - timedelta(seconds=3601))
    sending.send_due()
    assert (mail.outbox, QueuedMail.objects.count()) == ([], 0)


def test_an_invitation_waits_for_the_mail_server_as_long_as_any_mail(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(password=make_password(None))
    outbox.post(managing.INVITED, to=ada, request=RequestFactory().get("/"), by="root")
    QueuedMail.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert choose(opened(next_link())).status_code == 302


def test_p11_signing_in_ends_the_link(ada: User) -> None:
    link = mailed_link()
    Client().post(LOGIN, {"username": "ada", "password": PASSWORD})
    assert Client().get(link).status_code == 404


def test_p11_another_password_ends_the_link(ada: User) -> None:
    link = mailed_link()
    ada.set_password(NEW)
    ada.save()
    assert Client().get(link).status_code == 404


def test_p11_a_confirmed_email_change_ends_the_link(ada: User) -> None:
    here = Client()
    here.force_login(ada)
    link = mailed_link()
    asked = {"email": "new@example.org", "current_password": PASSWORD}
    here.post("/accounts/email/", asked)
    sending.send_due()
    assert Client().get(link).status_code == 302
    [confirming] = re.findall(r"/accounts/email/link/\S+", str(mail.outbox[-1].body))
    here.post(confirming)
    assert User.objects.get(pk=ada.pk).email == "new@example.org"
    assert Client().get(link).status_code == 404


def test_p11_after_a_reset_the_second_step_is_asked_for(ada: User) -> None:
    give_second_factor(ada)
    choose(opened(mailed_link()))
    entered = Client().post(LOGIN, {"username": "ada", "password": NEW})
    assert entered.headers["Location"] == "/accounts/login/second-step/"


@pytest.mark.parametrize("token", ["none", ".", "x.y-z", "0" * 24 + ".a-b", "é.1-2", "a%00b"])
def test_p11_a_made_up_link_opens_nothing(ada: User, token: str) -> None:
    client = Client()
    assert client.get(f"/accounts/reset/link/{token}/").status_code == 404
    assert client.get(f"/accounts/reset/link/{ada.pk}.{token}/").status_code == 404
    assert choose(client).status_code == 404


def test_p11_the_link_of_somebody_made_inactive_opens_nothing(ada: User) -> None:
    link = mailed_link()
    User.objects.update(is_active=False)
    assert Client().get(link).status_code == 404


def test_p11_m3_nobody_is_signed_in_by_it_and_the_second_step_stays(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(mfa_secret="sealed", recovery_codes=["hash"])
    client = opened(mailed_link())
    choose(client)
    assert client.get("/accounts/password/").headers["Location"].startswith(LOGIN)
    ada.refresh_from_db()
    assert (ada.mfa_secret, ada.recovery_codes) == ("sealed", ["hash"])
