"""Every door by which a password gets stored: each tries one, and returns what is said against it.

A door takes the person's name and the password; nothing said means that it is stored.
"""

import json
import os
from collections.abc import Callable
from io import StringIO
from itertools import chain
from typing import Any
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from knowledge.models import Role, Workspace
from knowledge.people.invitations import invite
from tests.accounts.admin.pages import password_page
from tests.accounts.api.program import Program
from tests.accounts.resets import CHOOSE, mailed_link, opened
from tests.conftest import PASSWORD

Door = Callable[[str, str], str]
CHANGE = "/accounts/password/"


def registering(name: str, password: str) -> str:
    return _said(Client().post("/accounts/register/", _account(name, password)))


def registering_over_the_api(name: str, password: str) -> str:
    given = {"username": name, "email": f"{name}@example.org", "password": password}
    return _problem(Program()("POST", "register", given))


def registering_by_invitation(name: str, password: str) -> str:
    team, _ = Workspace.objects.get_or_create(slug="team", defaults={"name": "Team"})
    role, email = Role.VIEWER, f"{name}@example.org"
    _, secrets = invite(workspace=team, email=email, role=role, by=_administrator())
    return _said(Client().post(f"/invitations/{secrets.mailed}/register", _account(name, password)))


def changing(name: str, password: str) -> str:
    return _said(_signed_in(_person(name)).post(CHANGE, _change(password)))


def changing_on_demand(name: str, password: str) -> str:
    client = _signed_in(_person(name))
    User.objects.filter(username=name).update(must_change_password=True)
    return _said(client.post(CHANGE, _change(password)))


def changing_over_the_api(name: str, password: str) -> str:
    program = Program().sign_in(_person(name).username)
    change = {"current_password": PASSWORD, "new_password": password}
    return _problem(program("POST", "password", change))


def resetting(name: str, password: str) -> str:
    client = opened(mailed_link(_person(name).username))
    chosen = {"new_password1": password, "new_password2": password}
    return _said(client.post(CHOOSE, chosen))


def being_added_by_an_administrator(name: str, password: str) -> str:
    client = _signed_in(_administrator())
    return _said(client.post("/admin/accounts/user/add/", _account(name, password)))


def being_given_one_by_an_administrator(name: str, password: str) -> str:
    client, page = _signed_in(_administrator()), password_page(_person(name))
    return _said(client.post(page, {"password1": password, "password2": password}))


def createsuperuser(name: str, password: str) -> str:
    given = {"username": name, "email": f"{name}@example.org", "interactive": False}
    with patch.dict(os.environ, {"DJANGO_SUPERUSER_PASSWORD": password}):
        return _complaint("createsuperuser", **given)


def changepassword(name: str, password: str) -> str:
    with patch("getpass.getpass", return_value=password):
        return _complaint("changepassword", _person(name).username)


PAGES: tuple[Door, ...] = (
    registering,
    registering_by_invitation,
    changing,
    changing_on_demand,
    resetting,
    being_added_by_an_administrator,
    being_given_one_by_an_administrator,
)
OTHERS: tuple[Door, ...] = (
    registering_over_the_api,
    changing_over_the_api,
    createsuperuser,
    changepassword,
)


def _account(name: str, password: str) -> dict[str, str]:
    who = {"username": name, "email": f"{name}@example.org"}
    return {**who, "password1": password, "password2": password}


def _change(new: str) -> dict[str, str]:
    return {"old_password": PASSWORD, "new_password1": new, "new_password2": new}


def _person(name: str) -> User:
    found = User.objects.filter(username=name).first()
    return found or User.objects.create_user(name, f"{name}@example.org", PASSWORD)


def _administrator() -> User:
    found = User.objects.filter(username="root").first()
    return found or User.objects.create_superuser("root", "root@example.org", PASSWORD)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _said(response: Any) -> str:
    """The errors of the page's form, which stand next to its fields."""
    if response.status_code == 302:
        return ""
    admin = response.context.get("adminform")
    errors = (admin.form if admin else response.context["form"]).errors
    assert errors, response.content
    return " ".join(chain.from_iterable(errors.values()))


def _problem(response: Any) -> str:
    return "" if response.status_code < 300 else json.dumps(response.json()["errors"])


def _complaint(command: str, *arguments: str, **options: Any) -> str:
    err = StringIO()
    try:
        call_command(command, *arguments, stdout=StringIO(), stderr=err, **options)
    except CommandError as error:
        return f"{error} {err.getvalue()}"
    return err.getvalue()
