"""Every URL of the site, walked from the resolver: a new one is tested here or fails here."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from kbsite import mongo
from knowledge.answers import opening
from knowledge.models import Article, Role, Visibility, Workspace
from tests.conftest import PASSWORD
from tests.knowledge.conftest import passage, retrieval

OPEN = {
    "home": 200,
    "healthz": 200,
    "accounts:login": 200,
    "accounts:logout": 405,
    "accounts:password_change": 302,
    "api:schema": 200,
    "knowledge:forget_reading": 405,
    "api:workspaces": 200,
    "knowledge:workspace_new": 302,
    "knowledge:invitation": 404,
    "knowledge:invitation_join": 404,
    "knowledge:invitation_register": 404,
}
READ_ONLY = {"admin:knowledge_invitation_add"}
NO_ANSWER = "0123456789abcdef01234567"


def named_urls() -> Iterator[tuple[str, set[str]]]:
    """The name of every URL, with the parameters it takes."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, set[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else prefix
            outer = set(pattern.pattern.regex.groupindex)
            for name, parameters in _walk(pattern.url_patterns, inner):
                yield name, parameters | outer
        else:
            yield f"{prefix}{pattern.name}", set(pattern.pattern.regex.groupindex)


URLS = dict(named_urls())
OF_A_WORKSPACE = sorted(name for name, parameters in URLS.items() if "workspace" in parameters)
OTHERS = sorted(name for name in URLS.keys() - OF_A_WORKSPACE if not name.startswith("admin:"))
# Of the admin panel only the pages of no object: its own tests go further
ADMIN = sorted(name for name in URLS if name.startswith("admin:") and not URLS[name])
ALL = [*OF_A_WORKSPACE, *OTHERS, *ADMIN]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
SECRET_ADDRESSES = {"knowledge:invitation", "knowledge:invitation_join"}
SECRET_ADDRESSES |= {"knowledge:invitation_register"}


def address(name: str, workspace: str, article: str = "none", answer: str = NO_ANSWER) -> str:
    values = {"workspace": workspace, "slug": article, "answer": answer, "source_path": "a.md"}
    values |= {"member": NO_ANSWER, "invitation": NO_ANSWER, "token": "none", "number": "1"}
    values |= {"action": NO_ANSWER, "report": NO_ANSWER, "job": NO_ANSWER}
    values |= {"key": "0" * 24, "image": NO_ANSWER, "extension": "png"}
    return reverse(name, kwargs={key: values[key] for key in URLS[name]})


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


def signed_in(username: str, *, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
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


def test_urls_outside_workspaces_answer_strangers_as_listed(client: Client, db: None) -> None:
    assert {name: client.get(address(name, "none")).status_code for name in OTHERS} == OPEN


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
    assert {
        name for name, got in responses.items() if expected(name).items() - got.headers.items()
    } == set()
    policies = {response.headers["Content-Security-Policy"] for response in responses.values()}
    for policy in policies:
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def expected(name: str) -> dict[str, str]:
    """The security headers; an address that is a secret is told to nobody, not even this site."""
    secret = name in SECRET_ADDRESSES
    return HEADERS | ({"Referrer-Policy": "strict-origin"} if secret else {})


def test_c2_posting_without_a_csrf_token_is_refused(addresses: dict[str, str]) -> None:
    assert refused_posts(addresses, enforce_csrf_checks=True) == addresses.keys()
    # and, but for the page on which nobody may post, for no other reason than the token
    assert refused_posts(addresses, enforce_csrf_checks=False) == READ_ONLY


def refused_posts(addresses: dict[str, str], *, enforce_csrf_checks: bool) -> set[str]:
    """The names of the addresses where root, who has just signed in, may not post."""
    return {
        name
        for name, target in addresses.items()
        if signed_in("root", enforce_csrf_checks=enforce_csrf_checks).post(target).status_code
        == 403
    }


def test_s6_cookies_are_http_only_and_same_site(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("ada")
    client.get(reverse("accounts:login"))
    client.post(reverse("accounts:login"), {"username": "ada", "password": PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"
