"""Every URL of the site, walked from the resolver: a new one is tested here or fails here."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from knowledge.models import Article, Role, Visibility, Workspace
from tests.conftest import PASSWORD

OPEN = {
    "home": 200,
    "healthz": 200,
    "accounts:login": 200,
    "accounts:logout": 405,
    "accounts:password_change": 302,
    "api:schema": 200,
}
ANSWER = "0123456789abcdef01234567"


def named_urls() -> Iterator[tuple[str, set[str]]]:
    """The name of every URL outside the admin panel, with the parameters it takes."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, set[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{pattern.namespace}:" if pattern.namespace else prefix
                yield from _walk(pattern.url_patterns, inner)
        else:
            yield f"{prefix}{pattern.name}", set(pattern.pattern.regex.groupindex)


OF_A_WORKSPACE = sorted({name for name, parameters in named_urls() if "workspace" in parameters})
OTHERS = sorted({name for name, parameters in named_urls() if "workspace" not in parameters})


def address(name: str, workspace: str, article: str) -> str:
    parameters = next(found for known, found in named_urls() if known == name)
    values = {"workspace": workspace, "slug": article, "answer": ANSWER, "source_path": "a.md"}
    return reverse(name, kwargs={key: values[key] for key in parameters})


@pytest.fixture
def closed(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace("closed", visibility=Visibility.MEMBERS)


@pytest.fixture
def secret(closed: Workspace, make_article: Callable[..., Article]) -> Article:
    return make_article("Secret", "The canary sings.", workspace=closed)


@pytest.fixture
def stranger(client: Client, workspace: Workspace, make_user: Callable[..., User]) -> Client:
    """Signed in, and an admin, but of another workspace."""
    make_user("eve", workspace=workspace, role=Role.ADMIN)
    client.login(username="eve", password=PASSWORD)
    return client


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", OF_A_WORKSPACE)
def test_t5_a_closed_workspace_looks_like_none(
    stranger: Client, secret: Article, name: str, method: str
) -> None:
    there = getattr(stranger, method)(address(name, "closed", secret.slug))
    nowhere = getattr(stranger, method)(address(name, "nowhere", secret.slug))
    assert there.status_code == nowhere.status_code
    assert there.status_code in {400, 404, 405}
    assert b"canary" not in there.content
    assert b"Secret" not in there.content


@pytest.mark.parametrize("name", OTHERS)
def test_urls_outside_workspaces_answer_strangers_as_listed(
    client: Client, db: None, name: str
) -> None:
    assert client.get(reverse(name)).status_code == OPEN[name]


@pytest.mark.parametrize("name", ["home", "accounts:login", "knowledge:search", "admin:login"])
def test_c2_pages_carry_the_security_headers(
    client: Client, workspace: Workspace, name: str
) -> None:
    arguments = [workspace.slug] if name == "knowledge:search" else []
    headers = client.get(reverse(name, args=arguments)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "name", ["article_new", "preview", "article_edit", "article_publish", "article_delete"]
)
def test_c2_writing_without_a_csrf_token_is_refused(
    workspace: Workspace,
    make_article: Callable[..., Article],
    make_user: Callable[..., User],
    name: str,
) -> None:
    make_user("ed", workspace=workspace, role=Role.EDITOR)
    client = Client(enforce_csrf_checks=True)
    client.login(username="ed", password=PASSWORD)
    target = address(f"knowledge:{name}", workspace.slug, make_article().slug)
    assert client.post(target).status_code == 403


def test_s6_cookies_are_http_only_and_same_site(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("ada")
    client.get(reverse("accounts:login"))
    client.post(reverse("accounts:login"), {"username": "ada", "password": PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"
