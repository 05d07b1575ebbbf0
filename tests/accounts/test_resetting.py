"""A forgotten password: asking for a link, and the password that it lets one choose."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import sending
from accounts.models import AuditEvent, PasswordConflict, QueuedMail, Session, User
from accounts.throttling import TooMany
from tests.accounts.resets import (
    ASK,
    CHOOSE,
    NEW,
    SENT,
    ask,
    choose,
    mailed_link,
    opened,
)
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
LOGIN = "/accounts/login/"
SOMEBODY = ["ada", "ADA@example.org"]
NOBODY = ["eve", "eve@example.org", "gone"]


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    make_user("gone", is_active=False)
    return make_user("ada")


def test_whoever_forgot_the_password_chooses_another_by_the_mailed_link(ada: User) -> None:
    client = opened(mailed_link())
    assert "ada" in client.get(CHOOSE).content.decode()
    assert choose(client).headers["Location"] == LOGIN
    assert User.objects.get(pk=ada.pk).check_password(NEW)
    assert "Your password is changed" in client.get(LOGIN).content.decode()


@pytest.mark.parametrize("identity", SOMEBODY)
def test_the_link_goes_to_the_accounts_address(ada: User, identity: str) -> None:
    mailed_link(identity)
    assert [sent.to for sent in mail.outbox] == [["ada@example.org"]]


@pytest.mark.parametrize("identity", NOBODY)
def test_nobody_and_the_inactive_get_no_mail(ada: User, identity: str) -> None:
    ask(Client(), identity)
    sending.send_due()
    assert (mail.outbox, QueuedMail.objects.count()) == ([], 0)


def test_r4_asking_is_answered_alike_for_everybody(ada: User) -> None:
    answers = [ask(Client(), identity) for identity in SOMEBODY + NOBODY]
    assert {answer.status_code for answer in answers} == {302}
    # but for when it was: that changes by the second
    headers = [{**answer.headers, "Expires": ""} for answer in answers]
    assert all(each == headers[0] for each in headers)
    assert answers[0].headers["Location"] == SENT


def test_r4_asking_does_the_same_work_for_everybody(ada: User) -> None:
    for identity in SOMEBODY + NOBODY:
        with patch("accounts.models.User.objects") as users:
            ask(Client(), identity)
        assert users.mock_calls == []
    assert QueuedMail.objects.count() == len(SOMEBODY + NOBODY)


def test_r1_an_address_that_asks_too_often_is_told_so(ada: User) -> None:
    for number in range(10):
        assert ask(Client(), f"nobody-{number}").status_code == 302
    answer = ask(Client(), "ada")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries" in answer.content.decode()
    assert ask(Client(), "ada", REMOTE_ADDR="203.0.113.9").status_code == 302


def test_r2_others_who_ask_too_often_for_somebody_take_no_link_from_them(ada: User) -> None:
    link = mailed_link()
    answers = [ask(Client(), "ada", REMOTE_ADDR=f"203.0.113.{part}") for part in range(9)]
    assert {answer.status_code for answer in answers} == {302}
    sending.send_due()
    assert len(mail.outbox) == 4
    assert choose(opened(link)).status_code == 302


def test_r2_whoever_asks_does_not_choose_where_the_mailed_link_leads(
    ada: User, settings: Any
) -> None:
    settings.SITE_URL = "https://kb.example.org"
    ask(Client(), HTTP_HOST="testserver:6666")
    sending.send_due()
    assert f"https://kb.example.org/accounts/reset/link/{ada.pk}." in str(mail.outbox[0].body)
    assert "6666" not in str(mail.outbox[0].body)


def test_s2_a_reset_ends_every_session(ada: User) -> None:
    link, elsewhere, here = mailed_link(), Client(), Client()
    elsewhere.force_login(ada)
    here.force_login(ada)
    link = mailed_link()
    here.get(link)
    assert choose(here).headers["Location"] == LOGIN
    for client in (here, elsewhere):
        assert client.get("/accounts/password/").status_code == 302
    assert not Session.objects.filter(user=ada, revoked_at=None).exists()


def test_s1_opening_a_link_takes_another_session_key(ada: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["session"] = session.session_key or ""
    planted = Client(headers={"Cookie": f"session={session.session_key}"})
    client.get(mailed_link())
    assert choose(planted).status_code == 404
    assert choose(client).status_code == 302


def test_r2_a_reset_lets_in_whom_an_attacker_has_locked_out(ada: User) -> None:
    for part in range(6):
        Client().post(LOGIN, {"username": "ada", "password": "x"}, REMOTE_ADDR=f"203.0.113.{part}")
    sign_in = {"username": "ada", "password": PASSWORD}
    assert Client().post(LOGIN, sign_in).status_code == 429
    choose(opened(mailed_link()))
    assert Client().post(LOGIN, {**sign_in, "password": NEW}).status_code == 302


def test_whoever_opened_a_mailed_link_waits_no_longer_to_be_confirmed(ada: User) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    User.objects.filter(pk=ada.pk).update(unconfirmed_until=tomorrow)
    choose(opened(mailed_link()))
    ada.refresh_from_db()
    assert ada.email_verified_at
    assert ada.unconfirmed_until is None


def test_p1_every_broken_rule_is_told_and_the_link_still_works(ada: User) -> None:
    client = opened(mailed_link())
    errors = choose(client, "short").context["form"].errors["new_password1"]
    assert len(errors) >= 4
    errors = choose(client, PASSWORD).context["form"].errors["new_password1"]
    assert errors == ["You have used this password before. Choose one that is new."]
    assert choose(client).status_code == 302


def test_p3_a_password_of_73_bytes_can_be_chosen(ada: User) -> None:
    long = "Aa1-" + "x" * 69
    choose(opened(mailed_link()), long)
    assert User.objects.get(pk=ada.pk).check_password(long)
    assert not User.objects.get(pk=ada.pk).check_password(long[:-1] + "y")


def test_p10_looking_at_remembered_passwords_is_counted(ada: User) -> None:
    client = opened(mailed_link())
    for _ in range(10):
        assert choose(client, PASSWORD).status_code == 200
    with patch("accounts.passwords._matches_any", side_effect=AssertionError):
        answer = choose(client)
    assert answer.status_code == 429
    assert "Too many tries" in answer.context["form"].errors["new_password1"][0]


def test_a_change_that_came_first_ends_the_reset(ada: User) -> None:
    client = opened(mailed_link())
    with patch.object(User, "replace_hash", side_effect=PasswordConflict):
        assert choose(client).status_code == 404
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_a_reset_is_audited_and_told_by_mail(ada: User) -> None:
    choose(opened(mailed_link()))
    sending.send_due()
    assert "Your password was changed" in mail.outbox[-1].subject
    event = AuditEvent.objects.get(action="password.reset")
    assert (event.target_name, event.address) == ("ada", "127.0.0.1")


def test_a_site_without_mail_says_whom_to_ask(ada: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = settings.NO_EMAIL_BACKEND
    for page in (Client().get(ASK), ask(Client())):
        assert page.status_code == 200
        assert "Ask one of its administrators" in page.content.decode()
    assert QueuedMail.objects.count() == 0


def test_c3_the_secret_leaves_the_address_and_is_in_no_log(
    ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    link = mailed_link()
    answer = Client().get(link)
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in answer.headers["Cache-Control"]
    choose(opened(link))
    Client().get(link)
    assert "/accounts/reset/link/[token]/" in caplog.text
    assert link.split("/")[-2] not in caplog.text


def test_c2_the_forms_refuse_a_post_without_the_token(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert ask(client).status_code == 403
    assert choose(client).status_code == 403


def test_too_many_says_when(ada: User) -> None:
    with patch("accounts.resetting.count", side_effect=TooMany(90)):
        answer = ask(Client())
    assert "Try again in 2 minutes." in answer.content.decode()
