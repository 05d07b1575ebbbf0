"""The mail of an invitation, over real SMTP; a server that is dead or refuses loses nothing."""

import logging
import re
import socket
from email import message_from_string, policy
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from knowledge.models import Invitation, Workspace
from tests.fakes.smtp import SMTPServer
from tests.knowledge.people.conftest import Team
from tests.knowledge.people.pages import AsUser, invited, path_in, text_of, url

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def use_smtp(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = SMTP, "127.0.0.1"
    settings.EMAIL_PORT, settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = port, False, 1


def test_a_mail_says_who_invites_where_to_and_as_what(team: Team, as_user: AsUser) -> None:
    invited(as_user(team.admin), role="editor")
    (sent,) = mail.outbox
    assert sent.to == ["new@example.org"]
    assert "Team" in sent.subject
    for words in ("admin-1", "“Team”", "editor", "http://testserver/invitations/"):
        assert words in sent.body


def test_the_link_leads_to_the_configured_address(
    team: Team, as_user: AsUser, settings: Any
) -> None:
    settings.SITE_URL = "https://kb.example.org"
    invited(as_user(team.admin))
    assert "https://kb.example.org/invitations/" in mail.outbox[0].body


def test_a_mail_goes_out_by_smtp_and_its_link_opens(
    team: Team, as_user: AsUser, settings: Any
) -> None:
    with SMTPServer() as server:
        use_smtp(settings, server.port)
        page = text_of(
            as_user(team.admin).post(url("invite"), {"email": "ünï@example.org", "role": "viewer"})
        )
        assert "valid" in page  # SMTP without SMTPUTF8 cannot carry it; the form says so
        path_in(
            as_user(team.admin).post(url("invite"), {"email": "n@example.org", "role": "viewer"})
        )
    assert server.recipients == ["rcpt TO:<n@example.org>"]
    (sent,) = server.mails
    text = message_from_string(sent, policy=policy.default)
    body = text.get_content()
    found = re.search(r"/invitations/\S+", body)
    assert found
    assert "“Team”" in str(text["Subject"])
    assert Client().get(found[0]).status_code == 200


def test_a_dead_server_is_said_and_the_link_works(
    team: Team, as_user: AsUser, settings: Any
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        use_smtp(settings, taken.getsockname()[1])
        answer = as_user(team.admin).post(
            url("invite"), {"email": "n@example.org", "role": "viewer"}
        )
    assert answer.status_code == 200
    assert "could not be sent" in text_of(answer)
    assert Invitation.objects.count() == 1
    assert Client().get(path_in(answer)).status_code == 200


def test_a_server_that_says_nothing_is_given_up_on(
    team: Team, as_user: AsUser, settings: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_smtp(settings, silent.getsockname()[1])
        settings.EMAIL_TIMEOUT = 0.2
        answer = as_user(team.admin).post(
            url("invite"), {"email": "n@example.org", "role": "viewer"}
        )
    assert "could not be sent" in text_of(answer)


def test_a_site_without_a_mail_server_says_so(team: Team, as_user: AsUser, settings: Any) -> None:
    settings.EMAIL_BACKEND = settings.NO_EMAIL_BACKEND
    answer = as_user(team.admin).post(url("invite"), {"email": "n@example.org", "role": "viewer"})
    assert "not set up to send e-mail" in text_of(answer)
    assert Client().get(path_in(answer)).status_code == 200


def test_c3_neither_secrets_nor_the_servers_words_are_logged(
    team: Team,
    as_user: AsUser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(backend: Any, messages: Any) -> int:
        raise OSError(messages[0].body)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    caplog.set_level(logging.DEBUG)
    invited(as_user(team.admin))
    assert "/invitations/" not in caplog.text
    assert "an invitation was not mailed: OSError" in caplog.text


@pytest.mark.parametrize("name", ["A\r\nBcc: x@y.org", "<b>&amp;</b>", "“" * 80])
def test_a_hostile_name_stays_one_line_of_the_mail(team: Team, as_user: AsUser, name: str) -> None:
    Workspace.objects.update(name=name)  # as no form would store it
    invited(as_user(team.admin))
    (sent,) = mail.outbox
    headers = message_from_string(str(sent.message()), policy=policy.default)
    assert headers["Bcc"] is None
    assert sent.recipients() == ["new@example.org"]
    assert name in sent.body
