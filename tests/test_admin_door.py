"""Every URL of the admin panel, from the resolver: it opens for site administrators alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import ApiToken, AuditEvent, Session, User
from kbsite import mongo
from knowledge.models import Article, Invitation, Membership, Role, Workspace
from knowledge.people.invitations import invite
from tests.addresses import URLS

ADMIN = sorted(name for name in URLS if name.startswith("admin:"))
SIGN_IN = (reverse("accounts:login"), reverse("admin:login"))
MODELS = (AuditEvent, User, Session, ApiToken, Article, Membership, Invitation, Workspace)


@pytest.fixture
def people(make_user: Callable[..., User], workspace: Workspace) -> dict[str, Client]:
    """One browser for each kind of person who is no site administrator."""
    make_user("viewer", workspace=workspace, role=Role.VIEWER)
    make_user("admin", workspace=workspace, role=Role.ADMIN)
    make_user("staff", is_staff=True)
    browsers = {user.username: Client() for user in User.objects.all()}
    for name, browser in browsers.items():
        browser.force_login(User.objects.get(username=name))
    return {"visitor": Client(), **browsers}


@pytest.fixture
def pages(people: dict[str, Client], make_article: Callable[..., Article]) -> dict[str, str]:
    """Every address of the panel; those of objects are of one that there is."""
    viewer, boss = User.objects.get(username="viewer"), User.objects.get(username="admin")
    made = make_article("Secret", "CANARY")
    invite(workspace=made.workspace, email="new@example.org", role=Role.EDITOR, by=boss)
    ApiToken.objects.create(
        user=viewer, name="Backup", scopes=["read"], token_hash="0" * 64, expires_at=timezone.now()
    )
    audit.record("user.create", on=viewer)
    ids = {
        f"admin:{model._meta.label_lower.replace('.', '_')}": model.objects.first()
        for model in MODELS
    }
    return {name: _page(name, ids) for name in ADMIN}


def _page(name: str, objects: dict[str, Any]) -> str:
    pk = str(next((made.pk for of, made in objects.items() if name.startswith(f"{of}_")), 0))
    if name.startswith("admin:auth_user"):
        pk = str(objects["admin:accounts_user"].pk)
    if name == "admin:None":
        return f"{reverse('admin:index')}nowhere"
    values = {
        "object_id": pk,
        "id": pk,
        "form": "csv",
        "app_label": "accounts",
        "content_type_id": "1",
    }
    return reverse(name, kwargs={key: values[key] for key in URLS[name]})


def test_c1_the_panel_answers_nobody_but_site_administrators(
    people: dict[str, Client], pages: dict[str, str]
) -> None:
    before = stored()
    wrong = [
        f"{name}: {who}, {response.status_code} {response.headers.get('Location', '')} for {method}"
        for who, browser in people.items()
        for name, page in pages.items()
        for method in ("get", "post")
        if not turned_away(response := getattr(browser, method)(page))
    ]
    assert wrong == []
    assert stored() == before


def turned_away(response: HttpResponseBase) -> bool:
    """Refused, or led to a sign-in page or the panel's first, which are walked themselves."""
    if response.status_code != 302:
        return response.status_code == 403
    to = response.headers["Location"]
    return to.startswith(SIGN_IN) or to == reverse("admin:index")


def stored() -> dict[str, list[Any]]:
    """All that the panel could change."""
    names = {model._meta.db_table for model in MODELS} - {"sessions"}
    return {name: list(mongo.database()[name].find()) for name in names}
