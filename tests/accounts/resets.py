"""Resetting a forgotten password as its owner does: asking, the mailed link, another password."""

import re
from typing import Any

from django.core import mail
from django.http import HttpResponse
from django.test import Client

from accounts import sending

ASK, SENT, CHOOSE = "/accounts/reset/", "/accounts/reset/sent/", "/accounts/reset/choose/"
NEW = "Another-horse-9"


def ask(client: Client, identity: str = "ada", **extra: Any) -> HttpResponse:
    return client.post(ASK, {"identity": identity}, **extra)  # type: ignore[return-value]


def mailed_link(identity: str = "ada") -> str:
    ask(Client(), identity)
    return next_link()


def next_link() -> str:
    """The path of the link in the mail that is sent now."""
    sending.send_due()
    found = re.search(r"http://testserver(/accounts/reset/link/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def choose(client: Client, new: str = NEW) -> Any:
    return client.post(CHOOSE, {"new_password1": new, "new_password2": new})


def opened(link: str) -> Client:
    client = Client()
    assert client.get(link).headers["Location"] == CHOOSE
    return client
