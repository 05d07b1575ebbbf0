"""Sending what waits in the outbox: accounts/sending.py, letters.py and the texts of the mails."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_string, policy
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import RequestFactory
from django.utils import timezone

from accounts import notices, outbox, sending
from accounts.models import QueuedMail, User
from accounts.notices import Notice
from tests.fakes.smtp import SMTPServer

MakeUser = Callable[..., User]
VISIT = RequestFactory().get(
    "/", headers={"user-agent": "Firefox"}, REMOTE_ADDR="203.0.113.9", SERVER_NAME="kb.example.org"
)


@pytest.fixture
def ada(make_user: MakeUser, settings: Any) -> User:
    settings.ALLOWED_HOSTS = ["kb.example.org"]
    return make_user("ada")


@pytest.fixture
def dead_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(backend: Any, messages: Any) -> int:
        raise OSError(messages[0].body)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def waiting() -> int:
    return QueuedMail.objects.count()


@pytest.mark.parametrize("notice", Notice)
def test_every_notice_says_what_happened_when_from_where_and_what_to_do(
    ada: User, notice: Notice
) -> None:
    notices.tell(ada, notice, request=VISIT)
    sending.send_due()
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert sent.subject == f"{notice.label} · Knowledge base"
    now = timezone.now()
    for words in ("Hello ada,", f"{now:%B %Y}", "UTC", "203.0.113.9", "Firefox", "If "):
        assert words in sent.body
    assert "{" not in sent.body
    assert "\n\n\n" not in sent.body
    assert waiting() == 0


def test_a_mail_goes_out_by_smtp(ada: User, settings: Any) -> None:
    notices.tell(ada, Notice.NEW_DEVICE, request=VISIT)
    with SMTPServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = False
        sending.send_due()
    headers = message_from_string(server.mails[0], policy=policy.default)
    assert headers["Auto-Submitted"] == "auto-generated"
    assert waiting() == 0


@pytest.mark.parametrize("identity", ["ada", "ADA@example.org"])
def test_a_mail_finds_its_account_by_name_or_email(ada: User, identity: str) -> None:
    notices.tell_if_known(identity, Notice.FAILURES, request=VISIT)
    sending.send_due()
    assert [sent.to for sent in mail.outbox] == [["ada@example.org"]]


def test_a_mail_to_a_name_that_reads_like_an_id_goes_to_whoever_has_the_name(
    ada: User, make_user: MakeUser
) -> None:
    make_user(str(ada.pk))
    notices.tell_if_known(str(ada.pk), Notice.FAILURES, request=VISIT)
    sending.send_due()
    assert [sent.to for sent in mail.outbox] == [[f"{ada.pk}@example.org"]]


@pytest.mark.parametrize("identity", ["eve", "eve@example.org", "0" * 24, "", "a\0b", "x" * 254])
def test_a_mail_to_nobody_is_dropped(ada: User, identity: str) -> None:
    notices.tell_if_known(identity, Notice.FAILURES, request=VISIT)
    sending.send_due()
    assert (mail.outbox, waiting()) == ([], 0)


def test_a_mail_to_somebody_without_an_address_is_dropped(ada: User) -> None:
    User.objects.update(email="", email_key="")
    notices.tell(ada, Notice.MFA_ON, request=None)
    sending.send_due()
    assert (mail.outbox, waiting()) == ([], 0)


def test_a_mail_can_go_to_the_address_that_the_account_had(ada: User) -> None:
    notices.tell(ada, Notice.EMAIL_CHANGED, request=VISIT, send_to="old@example.org")
    sending.send_due()
    assert mail.outbox[0].to == ["old@example.org"]


def test_without_a_mail_server_nothing_waits(ada: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = settings.NO_EMAIL_BACKEND
    notices.tell(ada, Notice.NEW_DEVICE, request=VISIT)
    sending.send_due()
    assert waiting() == 0


def test_a_failure_is_tried_again_later_and_later(ada: User, dead_server: None) -> None:
    notices.tell(ada, Notice.NEW_DEVICE, request=VISIT)
    waits = []
    for _ in range(4):
        QueuedMail.objects.update(not_before=timezone.now())
        sending.send_due()
        queued = QueuedMail.objects.get()
        waits.append(round((queued.not_before - timezone.now()) / timedelta(seconds=1)))
    assert waits == [30, 60, 120, 240]
    assert (queued.attempts, queued.leased_until) == (4, None)


def test_a_failure_does_not_keep_back_the_others(
    ada: User, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices.tell(ada, Notice.NEW_DEVICE, request=VISIT, send_to="a\nb@example.org")
    notices.tell(make_user("eve"), Notice.NEW_DEVICE, request=VISIT)
    sending.send_due()
    assert [sent.to for sent in mail.outbox] == [["eve@example.org"]]
    assert waiting() == 1


def test_c3_after_two_days_a_mail_is_given_up_and_only_its_kind_is_logged(
    ada: User, dead_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    notices.tell(ada, Notice.NEW_DEVICE, request=VISIT)
    QueuedMail.objects.update(created_at=timezone.now() - timedelta(days=2, seconds=1))
    sending.send_due()
    assert waiting() == 0
    assert "mail new_device: given up after 1 attempts: OSError" in caplog.text
    assert "ada" not in caplog.text


def test_two_workers_send_each_mail_once(ada: User) -> None:
    for _ in range(10):
        notices.tell(ada, Notice.NEW_DEVICE, request=VISIT)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: sending.send_due(), range(2)))
    sending.send_due()
    assert len(mail.outbox) == 10


def test_a_mail_whose_worker_died_is_sent_by_the_next(ada: User) -> None:
    queued = outbox.post(Notice.NEW_DEVICE.value, to=ada, request=VISIT)
    QueuedMail.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    assert not sending.send_next()
    QueuedMail.objects.filter(pk=queued.pk).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )
    assert sending.send_next()
    assert len(mail.outbox) == 1


def test_the_thread_outlives_whatever_happens(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, asked = threading.Event(), []

    def fail_once() -> bool:
        asked.append(1)
        if len(asked) == 1:
            raise LookupError("the text is SECRET")
        stop.set()
        return False

    monkeypatch.setattr(sending, "send_next", fail_once)
    monkeypatch.setattr(sending, "POLL_EVERY", 0.01)
    sending.start_sending(stop).join(5)
    assert len(asked) == 2
    assert "SECRET" not in caplog.text


def test_a_hostile_name_stays_one_line_of_the_mail(ada: User, settings: Any) -> None:
    settings.KB_SITE_NAME = "A\r\nBcc: x@y.org"
    notices.tell(ada, Notice.TOKEN_MADE, request=VISIT, name="<b>&amp;</b>")
    sending.send_due()
    (sent,) = mail.outbox
    headers = message_from_string(str(sent.message()), policy=policy.default)
    assert headers["Bcc"] is None
    assert "“<b>&amp;</b>”" in sent.body
