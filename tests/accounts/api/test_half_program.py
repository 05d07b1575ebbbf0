"""M3: what a program gets with the token of the password only, on every route of the API."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from knowledge.models import Article, Role, Workspace
from tests.accounts.api.program import Program
from tests.accounts.authenticator import give_second_factor
from tests.addresses import URLS, address
from tests.conftest import PASSWORD

ROUTES = sorted(name for name in URLS if name.startswith(("api:", "auth:")))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# no view of these looks at the header; what they take instead is tested with them
FOR_STRANGERS = {"auth:login", "auth:mfa_login", "auth:register", "auth:refresh", "auth:logout"}


@pytest.fixture
def half(make_user: Callable[..., User], workspace: Workspace) -> Program:
    """An admin's program that has sent the password, and takes the answer for an access token."""
    ada = make_user("ada", workspace=workspace, role=Role.ADMIN)
    give_second_factor(ada)
    program = Program()
    given = program("POST", "login", {"username": "ada", "password": PASSWORD}).json()
    program.access = given["mfa_token"]
    return program


def test_m3_with_the_password_only_no_route_and_no_method_answers_a_program(
    half: Program, make_article: Callable[..., Article]
) -> None:
    article = make_article("Secret", "CANARY")
    answered = {}
    for name in set(ROUTES) - FOR_STRANGERS:
        for method in METHODS:
            status = half(method, address(name, "team", article.slug), {}).status_code
            if status != 401:
                answered[name, method] = status
    assert answered == {}


def test_m3_where_strangers_are_answered_the_token_adds_nothing(half: Program) -> None:
    for name in sorted(FOR_STRANGERS):
        for method in METHODS:
            target = address(name, "team")
            stranger = Client().generic(method, target, "{}", content_type="application/json")
            given = half(method, target, {})
            assert (given.status_code, given.content) == (stranger.status_code, stranger.content)
