"""Addresses of the panel, and its actions as a browser sends them."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User

PEOPLE = "/admin/accounts/user/"
SESSIONS = "/admin/accounts/session/"
TOKENS = "/admin/accounts/apitoken/"
EVENTS = "/admin/accounts/auditevent/"


def change_page(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def password_page(user: User) -> str:
    return reverse("admin:auth_user_password_change", args=[user.pk])


def ask(client: Client, name: str, *things: Any, at: str = PEOPLE, **fields: str) -> Any:
    """The page that asks whether to do it to these."""
    chosen = [str(thing.pk) for thing in things]
    return client.post(at, {"action": name, "_selected_action": chosen, **fields})


def do(client: Client, name: str, *things: Any, at: str = PEOPLE, **fields: str) -> str:
    """Do it; the page that says what was done."""
    chosen = [str(thing.pk) for thing in things]
    given = {"action": name, "_selected_action": chosen, "confirmed": "yes", **fields}
    return text_of(client.post(at, given, follow=True))


def text_of(response: Any) -> str:
    return str(response.content.decode())


def shown(client: Client, at: str, **narrowed: str) -> list[Any]:
    """What the list shows when it is narrowed like this."""
    return list(client.get(at, narrowed).context["cl"].result_list)


def recorded(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))
