"""C2: an answer is guarded also where something is refused or goes wrong, whoever answers."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.models import User
from accounts.throttling import TooMany
from knowledge.models import Workspace
from tests.guarding import unguarded

LOGIN, API, ARTICLES = "/accounts/login/", "/api/v1/auth/login", "/api/v1/workspaces/team/articles/"
NAMED = {"username": "ada", "password": "Wrong-horse-9"}
JSON = "application/json"
Ask = Callable[[Client], Any]
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}
ELSEWHERE: dict[str, Any] = {"headers": {"Host": "evil.example.org"}}
ROT13 = "text/plain; charset=rot13"

ANSWERS: list[tuple[int, Ask]] = [
    (302, lambda client: client.get("/accounts/password/")),
    (400, lambda client: client.get("/", **ELSEWHERE)),
    (400, lambda client: client.get(ARTICLES, **ELSEWHERE)),
    (401, lambda client: client.post(API, NAMED, JSON)),
    (403, lambda client: signed_in(client).get("/admin/accounts/session/add/")),
    (403, lambda client: client.post(LOGIN, NAMED)),
    (403, lambda client: client.post(LOGIN, NAMED, **HTMX)),
    (403, lambda client: signed_in(client).post(ARTICLES, {"title": "x"}, JSON)),
    (404, lambda client: client.get("/nothing")),
    (404, lambda client: client.get("/api/v1/nothing")),
    (404, lambda client: client.get("/w/none/", **HTMX)),
    (405, lambda client: client.get("/accounts/logout/")),
    (405, lambda client: client.get(API)),
    (413, lambda client: client.post(API, {"username": "x" * 2_000}, JSON)),
    (415, lambda client: client.generic("POST", LOGIN, "x", ROT13)),
    (415, lambda client: client.post(API, "x", "text/plain")),
]
FAULTS: list[tuple[str, int, Ask]] = [
    ("accounts.signing_in.count", 429, lambda client: client.post(API, NAMED, JSON)),
    ("accounts.signing_in.count", 429, lambda client: with_token(client).post(LOGIN, NAMED)),
    ("accounts.signing_in.find_user", 500, lambda client: client.post(API, NAMED, JSON)),
    ("accounts.views.SignIn.get", 500, lambda client: client.get(LOGIN)),
    ("knowledge.views.home.render", 500, lambda client: client.get("/")),
    ("accounts.middleware.SessionStore", 500, lambda client: client.get(LOGIN)),
    ("accounts.middleware.held_request", 500, lambda client: client.get("/")),
]


@pytest.fixture
def client(workspace: Workspace, make_user: Callable[..., User], settings: Any) -> Client:
    """A browser that sends no token."""
    make_user("root", is_staff=True, is_superuser=True)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def signed_in(client: Client) -> Client:
    client.force_login(User.objects.get(username="root"))
    return client


def with_token(client: Client) -> Client:
    client.cookies["csrf"] = "a" * 32
    client.defaults["HTTP_X_CSRFTOKEN"] = "a" * 32
    return client


@pytest.mark.parametrize(("status", "ask"), ANSWERS)
def test_c2_a_refusal_is_guarded_like_any_answer(client: Client, status: int, ask: Ask) -> None:
    answer = ask(client)
    assert answer.status_code == status
    assert unguarded(answer.headers) == {}


@pytest.mark.parametrize(("where", "status", "ask"), FAULTS)
def test_c2_an_answer_to_what_goes_wrong_is_guarded_too(
    client: Client, where: str, status: int, ask: Ask
) -> None:
    error = TooMany(90) if status == 429 else RuntimeError("canary")
    with patch(where, side_effect=error):
        answer = ask(client)
    assert answer.status_code == status
    assert unguarded(answer.headers) == {}
    assert b"canary" not in answer.content
