"""Who is held until they act: nothing but their page answers, on any path."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.holding import Held, held_reason
from accounts.models import User
from knowledge.models import Article, Role, Workspace
from tests.accounts.api.program import Program
from tests.accounts.authenticator import give_second_factor
from tests.addresses import ALL, address
from tests.conftest import PASSWORD

LOGIN, STEP = "/accounts/login/", "/accounts/login/second-step/"
SET_UP, CHANGE = "/accounts/second-step/set-up/", "/accounts/password/"


@pytest.fixture
def half(client: Client, make_user: Callable[..., User], workspace: Workspace) -> Client:
    """A browser in which an administrator of everything has given the password only."""
    give_second_factor(make_user("root", is_superuser=True, is_staff=True))
    client.post(LOGIN, {"username": "root", "password": PASSWORD})
    return client


@pytest.mark.parametrize("method", ["get", "post"])
def test_m3_with_the_password_only_nothing_but_the_second_step_answers(
    half: Client, make_article: Callable[..., Article], method: str
) -> None:
    article = make_article("Secret", "CANARY")
    answering = set()
    for name in ALL:
        target = address(name, "team", article.slug)
        if target in (reverse("accounts:logout"), reverse("healthz")):
            continue
        response = getattr(half, method)(target)
        if target.startswith("/api/"):
            assert (response.status_code, name) == (403, name)
            assert response.headers["Content-Type"] == "application/problem+json"
        elif response.headers.get("Location") != STEP:
            answering.add(name)
    assert answering == {"accounts:second_step"}


def test_m3_htmx_is_led_to_the_second_step(half: Client) -> None:
    response = half.get("/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == STEP


def test_m3_an_unknown_address_tells_nothing_either(half: Client) -> None:
    assert half.get("/nowhere").headers["Location"] == STEP


def test_m3_signing_in_again_takes_the_second_step_again(half: Client) -> None:
    half.post("/accounts/logout/")
    half.post(LOGIN, {"username": "root", "password": PASSWORD})
    assert half.get("/admin/").headers["Location"] == STEP


@pytest.mark.parametrize(
    ("who", "is_superuser", "held"),
    [
        ("nobody", True, None),
        ("administrators", True, Held.NO_SECOND_FACTOR),
        ("administrators", False, None),
        ("everyone", False, Held.NO_SECOND_FACTOR),
    ],
)
def test_a_site_can_require_a_second_factor(
    make_user: Callable[..., User], settings: Any, who: str, is_superuser: bool, held: Held | None
) -> None:
    settings.REQUIRE_MFA = who
    ada = make_user("ada", is_superuser=is_superuser)
    assert held_reason(ada) == held
    give_second_factor(ada)
    assert held_reason(ada) is None


def test_whoever_must_set_it_up_gets_only_that_page(
    client: Client, make_user: Callable[..., User], settings: Any
) -> None:
    settings.REQUIRE_MFA = "everyone"
    client.force_login(make_user("ada"))
    assert client.get("/").headers["Location"] == SET_UP
    assert client.get("/accounts/second-step/").headers["Location"] == SET_UP
    assert client.get("/api/v1/workspaces").status_code == 403
    page = client.get(SET_UP)
    assert page.status_code == 200
    assert "This site asks" in page.content.decode()


@pytest.mark.parametrize(("days", "held"), [(0, None), (90, Held.PASSWORD), (1_000, None)])
def test_p7_a_password_may_be_given_a_greatest_age(
    make_user: Callable[..., User], settings: Any, days: int, held: Held | None
) -> None:
    settings.PASSWORD_MAX_AGE_DAYS = days
    ada = make_user("ada")
    ada.password_changed_at = timezone.now() - timedelta(days=500)
    assert held_reason(ada) == held


@pytest.fixture
def five_years_on(make_user: Callable[..., User], workspace: Workspace) -> datetime:
    """An administrator of everything, whose password is five years old."""
    make_user("root", is_superuser=True, is_staff=True)
    old = timezone.now() - timedelta(days=5 * 365)
    User.objects.update(password_changed_at=old)
    return old


@pytest.mark.usefixtures("five_years_on")
def test_p7_by_default_no_password_grows_too_old(client: Client) -> None:
    response = client.post(LOGIN, {"username": "root", "password": PASSWORD})
    assert response.headers["Location"] == "/"
    assert client.get("/").status_code == 200


PASSWORD_TOO_OLD, NO_FACTOR = {"PASSWORD_MAX_AGE_DAYS": 90}, {"REQUIRE_MFA": "everyone"}


@pytest.mark.usefixtures("five_years_on")
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("rules", "page", "answers"),
    [
        (PASSWORD_TOO_OLD, CHANGE, {"accounts:password_rules", "auth:password"}),
        (NO_FACTOR, SET_UP, {"auth:mfa_setup", "auth:mfa_verify"}),
    ],
    ids=["password", "factor"],
)
def test_p7_m3_whoever_is_held_gets_only_the_page_that_ends_it(
    client: Client,
    make_article: Callable[..., Article],
    settings: Any,
    rules: dict[str, Any],
    page: str,
    answers: set[str],
    method: str,
) -> None:
    for name, value in rules.items():
        setattr(settings, name, value)
    article = make_article("Secret", "CANARY")
    client.post(LOGIN, {"username": "root", "password": PASSWORD})
    answering = set()
    for name in ALL:
        target = address(name, "team", article.slug)
        if target in map(reverse, ("accounts:logout", "auth:logout", "healthz")):
            continue
        response = getattr(client, method)(target)
        refused = target.startswith("/api/") and response.status_code == 403
        if not refused and response.headers.get("Location") != page:
            answering.add(name)
    assert answering == answers | {resolve(page).view_name}


@pytest.mark.usefixtures("five_years_on")
@pytest.mark.parametrize(
    ("rules", "answers"),
    [
        (PASSWORD_TOO_OLD, {"auth:password"}),
        (NO_FACTOR, {"auth:mfa_setup", "auth:mfa_verify"}),
    ],
    ids=["password", "factor"],
)
def test_p7_m3_a_token_then_opens_what_ends_it_and_what_asks_for_none(
    make_article: Callable[..., Article],
    settings: Any,
    rules: dict[str, Any],
    answers: set[str],
) -> None:
    for name, value in rules.items():
        setattr(settings, name, value)
    article, program, answering = make_article("Secret", "CANARY"), Program(), set()
    program.sign_in("root")
    for name in ALL:
        target = address(name, "team", article.slug)
        leaving = target in map(reverse, ("auth:logout", "auth:logout_all"))
        if target.startswith("/api/") and not leaving:
            statuses = {program(method, target).status_code for method in ("GET", "POST")}
            if not statuses <= {403, 405}:
                answering.add(name)
    for_anybody = {"auth:login", "auth:mfa_login", "auth:refresh", "auth:register"}
    for_anybody |= {"api_page", "api:schema"}
    assert answering - for_anybody == answers | {"auth:me"}


def test_the_password_comes_before_the_second_factor(
    client: Client, make_user: Callable[..., User], settings: Any
) -> None:
    settings.REQUIRE_MFA = "everyone"
    ada = make_user("ada", must_change_password=True)
    client.force_login(ada)
    assert client.get(SET_UP).headers["Location"] == CHANGE
    User.objects.update(must_change_password=False)
    assert client.get(CHANGE).headers["Location"] == SET_UP


def test_visitors_are_held_nowhere(client: Client, workspace: Workspace, settings: Any) -> None:
    settings.REQUIRE_MFA = "everyone"
    assert client.get("/").status_code == 200


def test_it_holds_under_async_too(half: Client) -> None:
    elsewhere = AsyncClient()
    elsewhere.cookies = half.cookies
    response = async_to_sync(elsewhere.get)("/")
    assert response.headers["Location"] == STEP


def test_healthz_and_signing_out_always_answer(half: Client) -> None:
    assert half.get(reverse("healthz")).status_code in (200, 503)
    assert half.post(reverse("accounts:logout")).headers["Location"] == "/"


def test_an_editor_is_held_in_mid_session(
    client: Client, make_user: Callable[..., User], workspace: Workspace, settings: Any
) -> None:
    client.force_login(make_user("ada", workspace=workspace, role=Role.EDITOR))
    assert client.get("/w/team/articles/").status_code == 200
    settings.REQUIRE_MFA = "everyone"
    assert client.get("/w/team/articles/").headers["Location"] == SET_UP
