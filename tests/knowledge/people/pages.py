"""Addresses, and what a page says, for the tests of people and workspaces."""

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User

AsUser = Callable[[User], Client]


def url(name: str, *args: Any, workspace: str = "team") -> str:
    return reverse(f"knowledge:{name}", args=[workspace, *args])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def invited(client: Client, email: str = "new@example.org", role: str = "viewer") -> str:
    """Invite by the page; the path of the link that the page shows."""
    return path_in(client.post(url("invite"), {"email": email, "role": role}))


def path_in(response: Any) -> str:
    (path,) = set(re.findall(r"/invitations/[\w-]{43,}", text_of(response)))
    return str(path)


def token_of(path: str) -> str:
    return path.rsplit("/", 1)[1]


def account(**fields: str) -> dict[str, str]:
    password = "Fresh-horse-77"
    return {"username": "newcomer", "password1": password, "password2": password, **fields}
