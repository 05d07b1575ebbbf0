"""Making one's own account: open with a confirmed e-mail, by invitation, or not at all."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts import email_addresses, registration, sending
from accounts.models import AuditEvent, QueuedMail, User
from accounts.throttling import Rule
from kbsite import mongo
from tests.accounts.together import at_once
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
REGISTER, SENT, LOGIN = "/accounts/register/", "/accounts/register/sent/", "/accounts/login/"


@pytest.fixture
def open_site(db: None, settings: Any) -> None:
    settings.REGISTRATION = "open"


def fields(username: str = "ada", email: str = "ada@example.org", **other: str) -> dict[str, str]:
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    return {"username": username, "email": email, **passwords, **other}


def register(client: Client | None = None, **given: str) -> Any:
    return (client or Client()).post(REGISTER, fields(**given))


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def link() -> str:
    """The path of the link in the newest mail."""
    sending.send_due()
    found = re.search(r"http://testserver(/accounts/email/link/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def signs_in(username: str = "ada") -> bool:
    client = Client()
    client.post(LOGIN, {"username": username, "password": PASSWORD})
    return client.get("/accounts/security/").status_code == 200


@pytest.mark.usefixtures("open_site")
def test_one_registers_confirms_and_signs_in() -> None:
    assert register(username=" ada ", email=" ada@example.org ")["Location"] == SENT
    assert not signs_in()
    assert not signs_in("ada@example.org")
    path = link()
    assert mail.outbox[-1].to == ["ada@example.org"]
    assert "Is <strong>ada@example.org</strong> the address" in text_of(Client().get(path))
    assert not signs_in(), "opening the link is not enough: programs that read mail do"
    assert Client().post(path).status_code == 302
    assert signs_in()
    assert signs_in("ADA@example.org")
    ada = User.objects.get()
    assert (ada.username, ada.email, ada.email_pending) == ("ada", "ada@example.org", "")
    assert ada.email_verified_at
    assert ada.unconfirmed_until is None
    actions = set(AuditEvent.objects.filter(outcome="done").values_list("action", flat=True))
    assert {"user.register", "email.verify"} <= actions


@pytest.mark.usefixtures("open_site")
def test_a_link_works_once() -> None:
    register()
    path = link()
    Client().post(path)
    for client in (Client().get, Client().post):
        assert "does not hold" in text_of(client(path))


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize("token", ["nonsense", "W10:1u:x", "{%22$ne%22:1}"])
def test_c1_a_made_up_link_confirms_nothing(token: str) -> None:
    register()
    assert Client().post(f"/accounts/email/link/{token}/").status_code == 404
    assert not signs_in()


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize(("hours", "status"), [(23, 302), (25, 404)])
def test_a_link_lasts_a_day(monkeypatch: pytest.MonkeyPatch, hours: int, status: int) -> None:
    register()
    path, later = link(), time.time() + hours * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert Client().post(path).status_code == status


@pytest.mark.usefixtures("open_site")
def test_whoever_knows_the_password_of_an_unconfirmed_account_is_told_to_confirm() -> None:
    register()
    client = Client()
    response = client.post(LOGIN, {"username": "ada", "password": PASSWORD}, follow=True)
    assert "A mail is on its way to <strong>ada@example.org</strong>" in text_of(response)
    wrong = Client().post(LOGIN, {"username": "ada", "password": "Wrong-horse-9"})
    assert "The name or the password is not right" in text_of(wrong)
    assert client.get("/accounts/security/").status_code == 302


@pytest.mark.usefixtures("open_site")
def test_the_mail_is_sent_again_and_counted() -> None:
    client = Client()
    register(client)
    for _ in range(2):
        assert "on its way again" in text_of(client.post(SENT, follow=True))
    refused = client.post(SENT)
    assert (refused.status_code, QueuedMail.objects.count()) == (429, 3)
    assert "Too many tries" in text_of(refused)
    assert int(refused["Retry-After"]) > 0
    assert register(username="other").status_code == 429, "nobody's mailbox is flooded"


@pytest.mark.usefixtures("open_site")
def test_r4_a_taken_email_gets_the_ordinary_reply_and_its_owner_a_mail(
    make_user: MakeUser,
) -> None:
    make_user("olga")
    seen = []
    for username, email in (("ada", "Olga@example.org"), ("eve", "free@example.org")):
        client = Client()
        replies = [register(client, username=username, email=email), client.get(SENT)]
        replies += [Client().post(LOGIN, {"username": username, "password": PASSWORD})]
        replies += [register(username=username, email="third@example.org")]
        plain = [
            re.sub(f'{username}|{email}|value=.*?>|Token": ".*?"', "", text_of(reply))
            for reply in replies
        ]
        seen.append([plain, *((r.status_code, r.headers.get("Location")) for r in replies)])
    assert seen[0] == seen[1]
    sending.send_due()
    told = {message.to[0]: message for message in mail.outbox}
    assert "Somebody tried to" in told["olga@example.org"].subject
    assert "/email/link/" not in told["olga@example.org"].body
    assert "Confirm" in told["free@example.org"].subject


@pytest.mark.usefixtures("open_site")
def test_p1_every_broken_rule_and_a_taken_name_are_said_at_once(make_user: MakeUser) -> None:
    make_user("olga")
    weak = {"password1": "short", "password2": "short"}
    page = text_of(Client().post(REGISTER, fields(username="OLGA", **weak)))
    for words in ("already has this user name", "at least 8 characters", "Add a digit"):
        assert words in page
    assert 'value="OLGA"' in page
    assert "short" not in page


@pytest.mark.usefixtures("open_site")
def test_a_race_for_a_name_has_one_winner_and_one_clear_error() -> None:
    replies = at_once(lambda n: register(email=f"{n}@example.org"), range(4))
    assert sorted(reply.status_code for reply in replies) == [200, 200, 200, 302]
    lost = next(text_of(reply) for reply in replies if reply.status_code == 200)
    assert "user name" in lost
    assert (User.objects.count(), QueuedMail.objects.count()) == (1, 1)


@pytest.mark.usefixtures("open_site")
def test_a_race_for_an_address_has_one_winner_and_one_clear_error() -> None:
    paths = []
    for username in ("ada", "eve"):
        register(username=username)
        paths.append(link())
    replies = at_once(lambda path: Client().post(path), paths)
    assert sorted(reply.status_code for reply in replies) == [302, 409]
    lost = next(text_of(reply) for reply in replies if reply.status_code == 409)
    assert "Another account has confirmed the same e-mail address" in lost
    assert User.objects.filter(email_key="ada@example.org").count() == 1


@pytest.mark.usefixtures("open_site")
def test_only_unconfirmed_accounts_can_be_removed_by_time() -> None:
    register()
    Client().post(link())
    register(username="late", email="late@example.org")
    [index] = [i for i in mongo.database().users.list_indexes() if "expireAfterSeconds" in i]
    assert (list(index["key"]), index["expireAfterSeconds"]) == (["unconfirmed_until"], 0)
    dated = mongo.database().users.find({"unconfirmed_until": {"$type": "date"}})
    (late,) = list(dated)
    assert late["username"] == "late"
    lasts = late["unconfirmed_until"].replace(tzinfo=None) - late["date_joined"].replace(
        tzinfo=None
    )
    assert lasts.total_seconds() == pytest.approx(7 * 86_400, abs=60)


@pytest.mark.usefixtures("open_site")
def test_a_stale_copy_cannot_make_an_account_unconfirmed_again() -> None:
    register()
    stale = User.objects.get()
    Client().post(link())
    stale.first_name = "Ada"
    stale.save()
    ada = User.objects.get()
    assert ada.unconfirmed_until is None
    assert ada.email_verified_at


@pytest.mark.usefixtures("open_site")
def test_tries_from_one_address_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "TRIES", Rule("register", ((2, 60),)))
    for _ in range(2):
        assert Client().post(REGISTER, {}).status_code == 200
    refused = Client().post(REGISTER, fields(), headers={"X-Forwarded-For": "203.0.113.7"})
    assert refused.status_code == 429
    assert 'value="ada@example.org"' in text_of(refused)
    assert User.objects.count() == 0


@pytest.mark.usefixtures("open_site")
def test_c1_a_posted_field_makes_nobody_an_administrator() -> None:
    more = {"is_superuser": "on", "is_staff": "on", "email_verified_at": "2020-01-01"}
    Client().post(REGISTER, fields(**more))
    ada = User.objects.get()
    assert (ada.is_superuser, ada.is_staff, ada.email_verified_at) == (False, False, None)


@pytest.mark.parametrize(
    ("setting", "words"),
    [("invitation", "comes with an invitation"), ("closed", "Ask an administrator of the site")],
)
def test_where_it_is_not_open_the_page_says_how_one_gets_an_account(
    db: None, settings: Any, setting: str, words: str
) -> None:
    settings.REGISTRATION = setting
    assert words in text_of(Client().get(REGISTER))
    assert words in text_of(register())
    assert User.objects.count() == 0


@pytest.mark.usefixtures("open_site")
def test_a_site_that_cannot_send_mail_is_not_open(settings: Any) -> None:
    settings.EMAIL_BACKEND = settings.NO_EMAIL_BACKEND
    register()
    assert User.objects.count() == 0


@pytest.mark.usefixtures("open_site")
def test_c3_a_link_is_not_in_the_log_nor_told_to_other_sites(
    caplog: pytest.LogCaptureFixture,
) -> None:
    register()
    page = Client().get(link())
    assert page["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page["Cache-Control"]
    assert email_addresses.token_of(User.objects.get()) not in caplog.text


@pytest.mark.usefixtures("open_site")
def test_helps_password_managers() -> None:
    page = text_of(Client().get(REGISTER))
    for name in ("username", "email", "new-password"):
        assert f'autocomplete="{name}"' in page
