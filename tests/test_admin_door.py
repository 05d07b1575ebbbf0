"""Every URL of the admin panel, from the resolver: it opens for site administrators alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import ApiToken, AuditEvent, Session, User
from kbsite import mongo
from knowledge.models import Article, Invitation, Membership, Role, Workspace
from knowledge.people.invitations import invite
from tests.accounts.authenticator import give_second_factor
from tests.addresses import URLS
from tests.conftest import PASSWORD
from tests.test_urls import signed_in

ADMIN = sorted(name for name in URLS if name.startswith("admin:"))
SIGN_IN = tuple(map(reverse, ("accounts:login", "admin:login", "accounts:second_step")))
# what is only looked at is neither added nor deleted; the others lead on, or want to be asked more
READ_ONLY = ("apitoken", "auditevent", "session")
ODD = {f"admin:accounts_{name}_{act}": 403 for name in READ_ONLY for act in ("add", "delete")}
ODD |= {"admin:knowledge_invitation_add": 403, "admin:knowledge_invitation_delete": 403}
ODD |= {"admin:autocomplete": 403, "admin:login": 302, "admin:password_change": 302}
ODD |= {"admin:logout": 405, "admin:None": 404, "admin:view_on_site": 302}
MODELS = (AuditEvent, User, Session, ApiToken, Article, Membership, Invitation, Workspace)


@pytest.fixture
def people(make_user: Callable[..., User], workspace: Workspace) -> dict[str, Client]:
    """One browser for each kind of person who is no site administrator, or not yet one."""
    for role in Role:
        make_user(role.value, workspace=workspace, role=role)
    make_user("staff", is_staff=True)
    browsers = {user.username: signed_in(user.username) for user in User.objects.all()}
    give_second_factor(make_user("root", is_staff=True, is_superuser=True))
    half = Client()
    half.post(reverse("accounts:login"), {"username": "root", "password": PASSWORD})
    return {"visitor": Client(), "half": half, **browsers}


@pytest.fixture
def root(people: dict[str, Client]) -> Client:
    return signed_in("root")


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
    if name == "admin:view_on_site":
        pk = str(objects["admin:knowledge_article"].pk)
    if name == "admin:None":
        return f"{reverse('admin:index')}nowhere"
    values = {
        "object_id": pk,
        "id": pk,
        "form": "csv",
        "app_label": "accounts",
        "content_type_id": str(ContentType.objects.get_for_model(Article).pk),
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


def test_c1_the_panel_answers_a_site_administrator(root: Client, pages: dict[str, str]) -> None:
    answered = {name: root.get(page).status_code for name, page in pages.items()}
    assert {name: status for name, status in answered.items() if status != 200} == ODD


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
