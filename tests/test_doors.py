"""Every URL of a workspace against every kind of person: a new one without a row fails here."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import resolve_url
from django.test import Client

from accounts.models import User
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace
from tests.addresses import OF_A_WORKSPACE, URLS, address

PEOPLE = ("visitor", "outsider", "viewer", "editor", "admin", "owner")
LEAST = {
    "visitor": {
        "api:answers",
        "api:article",
        "api:articles",
        "api:workspace",
        "knowledge:answer_stop",
        "knowledge:answer_stream",
        "knowledge:article",
        "knowledge:article_report",
        "knowledge:browse",
        "knowledge:image",
        "knowledge:live",
        "knowledge:search",
        "knowledge:source",
        "knowledge:title_options",
        "knowledge:titles",
    },
    "outsider": {"knowledge:article_reading"},
    "viewer": {"knowledge:people", "knowledge:workspace_leave"},
    "editor": {
        "api:import",
        "api:import_cancel",
        "api:import_confirm",
        "api:import_entries",
        "api:imports",
        "api:revision",
        "api:revision_restore",
        "api:revisions",
        "knowledge:activity",
        "knowledge:article_archive",
        "knowledge:article_compare",
        "knowledge:article_delete",
        "knowledge:article_edit",
        "knowledge:article_history",
        "knowledge:article_new",
        "knowledge:article_publish",
        "knowledge:article_revision",
        "knowledge:article_unpublish",
        "knowledge:articles",
        "knowledge:articles_bulk",
        "knowledge:articles_undo",
        "knowledge:broken_links",
        "knowledge:draft_drop",
        "knowledge:draft_keep",
        "knowledge:export",
        "knowledge:export_download",
        "knowledge:image_new",
        "knowledge:import_cancel",
        "knowledge:import_confirm",
        "knowledge:import_job",
        "knowledge:imports",
        "knowledge:index_retry",
        "knowledge:preview",
        "knowledge:report_resolve",
        "knowledge:reports",
        "knowledge:revision_restore",
        "knowledge:tag_suggestions",
        "knowledge:trash",
        "knowledge:trash_restore",
    },
    "admin": {
        "knowledge:invitation_resend",
        "knowledge:invitation_revoke",
        "knowledge:invite",
        "knowledge:member_remove",
        "knowledge:member_role",
        "knowledge:trash_purge",
        "knowledge:workspace_archive",
        "knowledge:workspace_settings",
        "knowledge:workspace_unarchive",
    },
    "owner": {"knowledge:workspace_delete", "knowledge:workspace_transfer"},
}
WHO_MAY = {name: least for least, names in LEAST.items() for name in names}
FOUND = {"workspace", "slug", "number", "source_path"}
"""The parameters that name something which the test has made."""


@pytest.fixture
def secret(
    workspace: Workspace, make_user: Callable[..., User], make_article: Callable[..., Article]
) -> Article:
    """An article of a public workspace, with somebody of each kind."""
    make_user("outsider")
    for role in Role:
        make_user(role.value, workspace=workspace, role=role)
    owner = make_user("owner", workspace=workspace, role=Role.ADMIN)
    Workspace.objects.update(owner=owner)
    return make_article(content="CANARY", source_path="a.md", visibility=Visibility.PUBLIC)


@pytest.fixture
def clients(secret: Article) -> dict[str, Client]:
    made = {name: Client() for name in PEOPLE}
    for name in PEOPLE[1:]:
        made[name].force_login(User.objects.get(username=name))
    return made


def test_every_url_of_a_workspace_says_who_may_enter() -> None:
    assert sorted(WHO_MAY) == OF_A_WORKSPACE


def test_t5_each_url_answers_those_who_may_and_nobody_else(
    clients: dict[str, Client], secret: Article
) -> None:
    wrong = [
        f"{name}: {person}, {problem}"
        for name, least in WHO_MAY.items()
        for person in PEOPLE
        if (problem := _problem(clients[person], name, secret, may=_may(person, least)))
    ]
    assert wrong == []
    assert unchanged(secret)


def _may(person: str, least: str) -> bool:
    return PEOPLE.index(person) >= PEOPLE.index(least)


def _problem(client: Client, name: str, article: Article, *, may: bool) -> str:
    """What is wrong with the answers to this person; HEAD for who may, so that nothing changes."""
    target = address(name, "team", article.slug)
    for method in ("head",) if may else ("get", "post"):
        response = getattr(client, method)(target)
        missing = response.status_code == 404 and not URLS[name] <= FOUND
        if may and turned_away(response, but={405}) and not missing:
            return f"who may, gets {response.status_code}"
        if not may and not turned_away(response):
            return f"who may not, gets {response.status_code} for {method}"
        if not may and b"CANARY" in getattr(response, "content", b""):
            return "sees the text"
    return ""


def turned_away(response: HttpResponseBase, *, but: set[int] = frozenset()) -> bool:  # type: ignore[assignment]
    if response.status_code == 302:
        return response.headers["Location"].startswith(resolve_url(settings.LOGIN_URL))
    return response.status_code in {401, 403, 404, 405} - but


def unchanged(article: Article) -> bool:
    stored = Article.objects.get(pk=article.pk)
    return (
        stored.version == article.version
        and stored.status == Status.PUBLISHED
        and Membership.objects.count() == 4
        and not Workspace.objects.exclude(deleted_at=None, archived_at=None).exists()
    )
