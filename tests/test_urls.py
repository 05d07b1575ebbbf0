"""Every URL of the site, walked from the resolver: a new one is tested here or fails here."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from kbsite import mongo
from knowledge.answers import opening
from knowledge.models import Article, Role, Visibility, Workspace
from tests.addresses import ALL, OF_A_WORKSPACE, address
from tests.conftest import PASSWORD
from tests.guarding import unguarded
from tests.knowledge.conftest import passage, retrieval

READ_ONLY = {
    "admin:knowledge_invitation_add",
    "admin:accounts_session_add",
    "admin:accounts_apitoken_add",
    "admin:accounts_auditevent_add",
}
# they look at no session: what takes the place of the token is told in accounts/api/cookies.py
WITHOUT_CSRF = {"auth:login", "auth:mfa_login", "auth:refresh", "auth:register"}
HOSTILE = ("q=(a%2B)%2B$&page=$gt&cursor=%00", f"q[$ne]=&page[$gt]=&q={'x' * 10_000}")
SECRET_ADDRESSES = {"knowledge:invitation", "knowledge:invitation_join"}
SECRET_ADDRESSES |= {"knowledge:invitation_register", "accounts:password_reset_link"}
SECRET_ADDRESSES |= {"accounts:email_confirm"}


@pytest.fixture
def closed(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace("closed", visibility=Visibility.MEMBERS)


@pytest.fixture
def secret(closed: Workspace, make_article: Callable[..., Article]) -> Article:
    """An article that was imported from a file and has been indexed."""
    made = make_article("Secret", "The canary sings.", workspace=closed, source_path="a.md")
    Article.objects.filter(pk=made.pk).update(indexed_revision=1, indexed_at=datetime.now(UTC))
    return made


@pytest.fixture
def secret_answer(
    closed: Workspace,
    secret: Article,
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The id of an answer from that article, whose asker could follow and stop it."""
    make_user("ann", workspace=closed, role=Role.EDITOR)
    found = retrieval("strong", (passage(1, secret),))
    monkeypatch.setattr(opening, "retrieve", lambda **_: found)
    search = address("knowledge:search", "closed")
    signed_in("ann").get(search, {"q": "Who sings?"}, headers={"Accept": "text/html"})
    (answer,) = mongo.answers().find()
    return str(answer["_id"])


@pytest.fixture
def stranger(client: Client, workspace: Workspace, make_user: Callable[..., User]) -> Client:
    """Signed in, and an admin, but of another workspace."""
    make_user("eve", workspace=workspace, role=Role.ADMIN)
    client.login(username="eve", password=PASSWORD)
    return client


def signed_in(
    username: str, *, enforce_csrf_checks: bool = False, raise_request_exception: bool = True
) -> Client:
    client = Client(enforce_csrf_checks, raise_request_exception)
    client.force_login(User.objects.get(username=username))
    return client


@pytest.mark.parametrize("method", ["get", "post"])
def test_t5_a_closed_workspace_looks_like_none(
    stranger: Client, secret: Article, secret_answer: str, method: str
) -> None:
    for name in OF_A_WORKSPACE:
        there = getattr(stranger, method)(address(name, "closed", secret.slug, secret_answer))
        nowhere = getattr(stranger, method)(address(name, "nowhere", secret.slug, secret_answer))
        assert there.status_code == nowhere.status_code, name
        assert there.status_code in {400, 404, 405}, name
        assert b"canary" not in there.content, name
        assert b"Secret" not in there.content, name


@pytest.mark.parametrize(
    ("name", "status"),
    [("article", 200), ("source", 302), ("answer_stream", 200), ("article_edit", 200)],
)
def test_t5_members_get_what_the_walk_asks_for(
    secret: Article, secret_answer: str, name: str, status: int
) -> None:
    member = signed_in("ann")
    target = address(f"knowledge:{name}", "closed", secret.slug, secret_answer)
    assert member.get(target).status_code == status


@pytest.fixture
def addresses(
    secret: Article, secret_answer: str, make_user: Callable[..., User]
) -> dict[str, str]:
    """Every address by its name; "root" may go to all of them."""
    make_user("root", is_staff=True, is_superuser=True)
    return {name: address(name, "closed", secret.slug, secret_answer) for name in ALL}


def test_c2_every_response_carries_the_security_headers(addresses: dict[str, str]) -> None:
    client = signed_in("root")
    responses = {name: client.get(target) for name, target in addresses.items()}
    secret = {name: {"referrer_policy": "strict-origin"} for name in SECRET_ADDRESSES}
    wrong = {
        name: found
        for name, response in responses.items()
        if (found := unguarded(response.headers, **secret.get(name, {})))
    }
    assert wrong == {}


def test_c2_htmx_gets_nowhere_without_the_token_and_the_refusal_is_guarded(
    addresses: dict[str, str],
) -> None:
    client, htmx = signed_in("root", enforce_csrf_checks=True), {"HX-Request": "true"}
    for name in addresses.keys() - WITHOUT_CSRF:
        target = addresses[name]
        refused = client.post(target, headers=htmx, **body_for(target))
        assert (refused.status_code, name) == (403, name)
        assert unguarded(refused.headers) == {}, name


def test_c2_posting_without_a_csrf_token_is_refused(
    addresses: dict[str, str], settings: Settings
) -> None:
    settings.REGISTRATION = "open"
    guarded = addresses.keys() - WITHOUT_CSRF
    assert refused_posts(addresses, enforce_csrf_checks=True) == guarded
    # and, but for the page on which nobody may post, for no other reason than the token
    assert refused_posts(addresses, enforce_csrf_checks=False) == READ_ONLY


def refused_posts(addresses: dict[str, str], *, enforce_csrf_checks: bool) -> set[str]:
    """The names of the addresses where root may not post; who is signed out signs in again."""
    client, refused = signed_in("root", enforce_csrf_checks=enforce_csrf_checks), set()
    for name, target in addresses.items():
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        if client.post(target, **body_for(target)).status_code == 403:
            refused.add(name)
        if client.cookies[settings.SESSION_COOKIE_NAME].value != key:
            client = signed_in("root", enforce_csrf_checks=enforce_csrf_checks)
    return refused


def body_for(target: str) -> dict[str, Any]:
    """Of the kind that is read there: a form to the API is refused as such."""
    return {"content_type": "application/json"} if target.startswith("/api/") else {}


def test_c2_what_takes_no_csrf_token_takes_nothing_that_a_foreign_page_can_send(
    addresses: dict[str, str], settings: Settings
) -> None:
    settings.REGISTRATION = "open"
    foreign, form = {"Origin": "https://evil.example.org"}, {"username": "ada"}
    client = Client(enforce_csrf_checks=True)
    for name in WITHOUT_CSRF:
        sent = client.post(addresses[name], "{}", "application/json", headers=foreign)
        assert (sent.status_code, name) == (403, name)
        assert (client.post(addresses[name], form).status_code, name) == (415, name)


def test_c1_no_query_makes_a_page_fail(addresses: dict[str, str]) -> None:
    client = signed_in("root", raise_request_exception=False)
    failing = {
        f"{name}?{query[:20]}"
        for name, target in addresses.items()
        for query in HOSTILE
        if client.get(f"{target}?{query}").status_code >= 500
    }
    assert failing == set()


def test_s6_cookies_are_http_only_and_same_site(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("ada")
    client.get(reverse("accounts:login"))
    client.post(reverse("accounts:login"), {"username": "ada", "password": PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"
