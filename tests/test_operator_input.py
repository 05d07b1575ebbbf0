"""C1: what would be an operator or an expression to MongoDB is text to every door of the site.

Every address of the resolver gets every name that any form or list has, with such values and with
such ends of the name; every documented field of the API gets them as JSON. What must not happen:
a fault, a wait, a change of somebody else's things, or a word of them.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from accounts.models import ApiToken, Session, User
from kbsite import mongo
from knowledge.answers import opening
from knowledge.models import Article, Membership, Role, Visibility, Workspace
from tests.addresses import ADMIN, OF_A_WORKSPACE, OTHERS, URLS, address
from tests.conftest import PASSWORD
from tests.knowledge.conftest import retrieval

GENERATOR: Any = SchemaGenerator
SCHEMA: dict[str, Any] = GENERATOR().get_schema(request=None, public=True)
BOMBS = ("(a+)+$", "(((((.*)*)*)*)*", "(")
OPERATORS: tuple[Any, ...] = ({"$gt": ""}, {"$where": "sleep(9000)"}, [{"$ne": None}])
TEXTS = [*BOMBS, json.dumps(OPERATORS[0]), "$where", "this.password"]
NAMED = re.compile(r'<(?:input|select|textarea)[^>]*?\sname="([\w-]+)"')
SEARCHES = ["search", "titles", "title_options", "articles", "browse"]
SEARCHES = [f"knowledge:{name}" for name in SEARCHES] + ["api:articles"]
LISTS = [name for name in ADMIN if name.endswith("_changelist")]
OF_THE_PANEL = ["title__regex", "username__iregex", "visibility__regex", "password__gt"]
OF_THE_PANEL += ["mfa_secret__startswith", "token_hash__startswith"]
SIGN_OUT = {"accounts:logout", "auth:logout", "auth:logout_all", "admin:logout"}
GOOD = "a" * 40 + "!"
"""Which an expression that backtracks would not be done with."""
MOST_TIMES, AT_LEAST = 20, 3.0
"""How much longer than a plain request one may take; and seconds that are no wait."""


@pytest.fixture
def eve(make_user: Callable[..., User], workspace: Workspace) -> User:
    return make_user("eve", workspace=workspace, role=Role.ADMIN)


@pytest.fixture
def others(
    eve: User, make_user: Callable[..., User], make_workspace: Any, make_article: Any
) -> None:
    """What is none of Eve's business; and what there is in her own workspace."""
    closed = make_workspace("closed", visibility=Visibility.MEMBERS)
    make_user("canary", workspace=closed, role=Role.ADMIN)
    make_article("Canary", "The canary sings.", workspace=closed)
    make_article(GOOD, GOOD, slug="ports")
    Client().post("/accounts/login/", {"username": "canary", "password": PASSWORD})


def browser(name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username=name))
    return client


def theirs() -> list[Any]:
    """Everything that belongs to the other workspace and its member."""
    closed, canary = Workspace.objects.get(slug="closed"), User.objects.get(username="canary")
    things = [closed, canary, *Article.objects.filter(workspace=closed)]
    for model in (Membership, Session, ApiToken):
        things += model.objects.filter(user=canary)
    names = {type(thing)._meta.db_table for thing in things}
    ids = [thing.pk for thing in things]
    return [list(mongo.database()[each].find({"_id": {"$in": ids}})) for each in sorted(names)]


def hostile(names: set[str], shift: int) -> dict[str, str]:
    """Each name with one of the values; as PHP makes an operator of it, and as Django does."""
    ends = ("", "[$ne]", "[$where]", "__regex", "__gt")
    wide = [f"{name}{end}" for name in sorted(names) for end in ends]
    return {name: TEXTS[(place + shift) % len(TEXTS)] for place, name in enumerate(wide)}


def said(answer: Any) -> str:
    """All of it, but for what is streamed."""
    return "" if answer.streaming else str(answer.content.decode(errors="replace"))


class Walk:
    """Requests to each address, and what was wrong with the answers."""

    def __init__(self, client: Client, names: list[str]) -> None:
        self.client, self.wrong = client, list[str]()
        self.targets = [address(name, "team", "ports") for name in names]
        self.plain: dict[str, float] = {}
        self.names = {"q"}
        for target in self.targets:
            started = time.perf_counter()
            self.names |= set(NAMED.findall(said(client.get(target))))
            self.plain[target] = time.perf_counter() - started
        self.names.discard("csrfmiddlewaretoken")

    def __call__(self, method: str, target: str, fields: Any, **how: Any) -> None:
        started = time.perf_counter()
        answer = getattr(self.client, method)(target, fields, **how)
        took = time.perf_counter() - started
        text = said(answer).lower()
        if answer.status_code >= 500:
            self.wrong.append(f"{method} {target} fails for {fields}")
        if took > max(AT_LEAST, MOST_TIMES * self.plain.get(target, 0)):
            self.wrong.append(f"{method} {target} takes {took:.1f} s for {fields}")
        if "canary sings" in text or "bcrypt_sha256$" in text:
            self.wrong.append(f"{method} {target} tells what it must not for {fields}")


@pytest.fixture
def eves(others: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Client:
    """Her questions find nothing; and anybody may register."""
    settings.REGISTRATION = "open"
    monkeypatch.setattr(opening, "retrieve", lambda **_: retrieval("none", ()))
    return browser("eve")


@pytest.fixture
def roots(others: None, make_user: Callable[..., User]) -> Client:
    make_user(GOOD, is_staff=True, is_superuser=True)
    return browser(GOOD)


@pytest.mark.parametrize("who", ["eves", "roots"])
def test_c1_operators_in_forms_and_queries_are_words(
    who: str, request: pytest.FixtureRequest
) -> None:
    client, before = request.getfixturevalue(who), theirs()
    names = ADMIN if who == "roots" else [*OF_A_WORKSPACE, *OTHERS]
    walk = Walk(client, [name for name in names if name not in SIGN_OUT])
    for method in ("get", "post"):
        for shift, target in enumerate(walk.targets):
            walk(method, target, hostile(walk.names, shift))
    assert client.get(address("accounts:security", "")).status_code == 200, "all was asked by them"
    assert walk.wrong == []
    assert theirs() == before


def object_pages() -> list[str]:
    """Every page of the panel about one object, of something that there is and of what is none."""
    pages = []
    for action in ("history", "password_change", "change", "delete"):
        for model in admin.site._registry:
            there = model._default_manager.first()
            ids = [str(there.pk)] if there else []
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"
            # Django's UserAdmin names it so whatever the model is called
            name = "admin:auth_user_password_change" if "user_password" in name else name
            if name in URLS:
                pages += [reverse(name, args=[one]) for one in [*ids, *TEXTS]]
    return pages


def test_c1_operators_in_the_panels_pages_of_objects_are_words(roots: Client) -> None:
    walk = Walk(roots, [])
    walk.targets = object_pages()
    assert len(walk.targets) > 20 * len(TEXTS)
    for target in walk.targets:
        walk.names |= set(NAMED.findall(said(roots.get(target))))
    walk.names -= {"csrfmiddlewaretoken"}
    for method in ("get", "post"):
        for shift, target in enumerate(walk.targets):
            walk(method, target, hostile(walk.names, shift))
    assert walk.wrong == []


def test_c1_no_expression_is_run_by_a_search(eves: Client) -> None:
    walk = Walk(eves, SEARCHES)
    for target in walk.targets:
        for bomb in BOMBS:
            for name in ("q", "text", "tag"):
                walk("get", target, {name: bomb})
    assert walk.wrong == []


def test_c1_no_expression_is_run_by_the_panel_and_no_secret_compared(roots: Client) -> None:
    walk = Walk(roots, LISTS)
    for target in walk.targets:
        for bomb in BOMBS:
            walk("get", target, {"q": bomb})
        for compared in OF_THE_PANEL:
            answer = roots.get(target, {compared: "("})
            assert answer.status_code in {302, 400}, (target, compared)
    assert walk.wrong == []


def documented() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of the API with a JSON body, and the fields of that."""
    for path, methods in SCHEMA["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            parts = [schema, *schema.get("oneOf", ()), *schema.get("allOf", ())]
            for name in [part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part]:
                yield path, method, SCHEMA["components"]["schemas"][name]["properties"]


def right(name: str, schema: dict[str, Any]) -> Any:
    """Something that can be sent there, so that the other fields are looked at."""
    known = {"username": "eve", "email": "eve@example.org", "visibility": "members"}
    plain = {"integer": 1, "boolean": False, "array": [], "object": {}}
    return known.get(name) or plain.get(schema.get("type", ""), PASSWORD)


OPERATIONS = list(documented())


def test_c1_operators_in_json_are_refused_or_words(eves: Client) -> None:
    walk, before = Walk(eves, []), theirs()
    assert len(OPERATIONS) > 8
    for path, method, fields in OPERATIONS:
        target = re.sub(r"{\w+}", "ports", path.replace("{workspace}", "team"))
        good = {name: right(name, schema) for name, schema in fields.items()}
        for name in fields:
            for operator in OPERATORS:
                body = json.dumps(good | {name: operator})
                walk(method, target, body, content_type="application/json")
    assert walk.wrong == []
    assert theirs() == before
