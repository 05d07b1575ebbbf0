"""R4: every door to an account answers alike whoever stands before it, and works as hard for it.

What is compared is all that arrives, header by header and byte by byte, but for the typed name
(all have as many letters) and what is drawn anew for each request. What takes how long is in
`test_timing`; here the hashes and the database's commands are counted, which no noise hides.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from knowledge.models import Invitation
from tests.accounts.api.program import Program
from tests.conftest import PASSWORD
from tests.knowledge.people.conftest import team
from tests.knowledge.people.pages import url

__all__ = ["team"]  # the fixture

WRONG, FRESH = "Wrong-horse-9", "Fresh-horse-77"
NOBODY, SOMEBODY, GONE = "nobody", "lovely", "former"
DRAWN = re.compile(
    r"""nonce[-=]"?[\w/+=-]+|(csrfmiddlewaretoken"\svalue=|X-CSRFToken":\s)"\w{64}"""
    r"""|/invitations/[\w-]{43,}|/invitations/[0-9a-f]{24}"""
)
WHEN = {"Date", "Expires", "X-Request-ID"}
Answers = list[Any]
Door = Callable[[str], Answers]


@pytest.fixture(autouse=True)
def people(make_user: Callable[..., User], settings: Any) -> None:
    """Somebody who is here, and somebody who was."""
    settings.REGISTRATION = "open"
    make_user(SOMEBODY)
    make_user(GONE, is_active=False)


def seen(answer: Any, typed: str) -> dict[str, Any]:
    """All that a stranger could compare."""

    def plain(text: str) -> str:
        name = typed.partition("@")[0]
        return re.sub(f"{typed}|{name}", "*", DRAWN.sub("*", text), flags=re.IGNORECASE)

    headers = {name: plain(value) for name, value in answer.headers.items() if name not in WHEN}
    cookies = {name: {**each, "expires": ""} for name, each in answer.cookies.items()}
    body = plain(answer.content.decode())
    return {"status": answer.status_code, "headers": headers, "cookies": cookies, "body": body}


def sign_in(name: str, password: str = WRONG) -> Answers:
    client, fields = Client(), {"username": name, "password": password}
    return [client.get("/accounts/login/"), client.post("/accounts/login/", fields)]


def sign_in_by_api(name: str, password: str = WRONG) -> Answers:
    return [Program()("POST", "login", {"username": name, "password": password})]


def reset(name: str) -> Answers:
    client = Client()
    asked = client.post("/accounts/reset/", {"identity": name})
    return [asked, client.get("/accounts/reset/sent/"), client.get("/accounts/reset/")]


def register(email: str) -> Answers:
    """What the page says, and whoever then signs in and whoever comes after."""
    client, name = Client(), email[:6].title()  # which is free: only e-mails have owners
    fields = {"username": f"{name}-2", "email": email, "password1": FRESH, "password2": FRESH}
    answers = [client.post("/accounts/register/", fields), client.get("/accounts/register/sent/")]
    answers += sign_in(fields["username"], FRESH)
    return [*answers, Client().post("/accounts/register/", fields)]


def register_by_api(email: str) -> Answers:
    program, asked = Program(), {"username": f"{email[:6]}-3", "email": email, "password": FRESH}
    return [program("POST", door, asked) for door in ("register", "login", "register")]


def invite(email: str) -> Answers:
    """What the inviter is shown, and all that the link does that they can open themselves."""
    admin = Client()
    admin.force_login(User.objects.get(username="admin-1"))
    shown = admin.post(url("invite"), {"email": email, "role": "viewer"})
    [path] = set(re.findall(r"/invitations/[\w-]{43,}", shown.content.decode()))
    opened = [Client().get(path), admin.get(path), Client().post(f"{path}/join")]
    refused = Client().post(f"{path}/register", {"username": "some one"})
    listed = admin.get(url("people"))
    Invitation.objects.all().delete()
    return [shown, *opened, refused, listed]


NAMES = [NOBODY, SOMEBODY, GONE]
EMAILS = [f"{name}@example.org" for name in NAMES]
DOORS: list[tuple[Door, list[str]]] = [(sign_in, NAMES), (sign_in, EMAILS)]
DOORS += [(sign_in_by_api, NAMES), (sign_in_by_api, EMAILS)]
DOORS += [(reset, NAMES), (reset, EMAILS), (register, EMAILS), (register_by_api, EMAILS)]
DOORS += [(invite, EMAILS)]
each_door = pytest.mark.parametrize(("door", "typed"), DOORS)


@pytest.mark.usefixtures("team")
@each_door
def test_r4_whoever_is_named_gets_the_same_answer(door: Door, typed: list[str]) -> None:
    first, *others = [[seen(answer, name) for answer in door(name)] for name in typed]
    for other in others:
        assert other == first


@pytest.mark.parametrize("door", [sign_in, sign_in_by_api])
def test_r4_an_inactive_accounts_own_password_is_a_wrong_one(door: Callable[..., Answers]) -> None:
    right, wrong = ([seen(each, GONE) for each in door(GONE, word)] for word in (PASSWORD, WRONG))
    assert right == wrong


@pytest.mark.usefixtures("team")
@each_door
def test_r4_whoever_is_named_costs_the_same_work(door: Door, typed: list[str]) -> None:
    door(typed[0].replace(NOBODY, "warmer"))  # what is made at the first use only
    first, *others = [work(door, name) for name in typed]
    assert sum(first.values()) > 0
    for other in others:
        assert other == first


def work(door: Door, name: str) -> Counter[str]:
    """How many hashes were made, and how often which collection was asked for what."""
    encode = BCryptSHA256PasswordHasher.encode
    hashes = patch.object(BCryptSHA256PasswordHasher, "encode", autospec=True, side_effect=encode)
    with hashes as made, CaptureQueriesContext(connection) as asked:
        door(name)
    commands = (re.match(r"db\.\w+\.\w+", each["sql"]) for each in asked.captured_queries)
    return Counter(each[0] for each in commands if each) + Counter(hashes=made.call_count)
