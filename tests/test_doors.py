"""Every URL of a workspace against every kind of person: a new one without a row fails here."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import resolve_url
from django.test import Client

from accounts.models import User
from knowledge.authoring.images import store_image
from knowledge.editing import trash_article
from knowledge.models import Article, Role, Visibility, Workspace
from tests.addresses import OF_A_WORKSPACE, address
from tests.behind_doors import as_it_was, changed, made_behind, something_to_undo, stored
from tests.knowledge.pictures import picture

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
ANSWERED = {200, 201, 202, 204, 302, 400, 409, 428}
"""Among them: a form that says what is missing."""
WHO_MAY = {name: least for least, names in LEAST.items() for name in names}
POSTED = {"knowledge:index_retry": {"article": "all"}}
TRASHED = {"knowledge:trash_purge", "knowledge:trash_restore"}


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
    image = store_image(workspace=workspace, user=owner, data=picture())
    return make_article(
        content=f"CANARY ![A picture]({image})", source_path="a.md", visibility=Visibility.PUBLIC
    )


@pytest.fixture
def clients(secret: Article) -> dict[str, Client]:
    made = {name: Client() for name in PEOPLE}
    for name in PEOPLE[1:]:
        made[name].force_login(User.objects.get(username=name))
    return made


@pytest.fixture
def behind(secret: Article, make_article: Callable[..., Article]) -> dict[str, str]:
    """What the addresses name: all of it is there."""
    trash_article(make_article("Gone"), seen=1, author=None)
    return made_behind(secret, User.objects.get(username="owner"))


def test_every_url_of_a_workspace_says_who_may_enter() -> None:
    assert sorted(WHO_MAY) == OF_A_WORKSPACE


def test_t5_each_url_turns_away_those_who_may_not(
    clients: dict[str, Client], secret: Article, behind: dict[str, str]
) -> None:
    before = stored()
    wrong = [
        f"{name}: {person}, {response.status_code} for {method}"
        for name, least in WHO_MAY.items()
        for person in PEOPLE[: PEOPLE.index(least)]
        for method in ("get", "post")
        if not turned_away(response := asked(clients[person], method, name, behind))
        or b"CANARY" in getattr(response, "content", b"")
    ]
    assert "\n".join(wrong) == ""
    assert changed(before, stored()) <= {"sessions"}


def test_t5_each_url_answers_those_who_may(
    clients: dict[str, Client], secret: Article, behind: dict[str, str]
) -> None:
    wrong = [
        f"{name}: {person}, {status}"
        for name, least in WHO_MAY.items()
        for person in PEOPLE[PEOPLE.index(least) :]
        if (status := answer(clients[person], person, name, secret, behind)) not in ANSWERED
    ]
    assert "\n".join(wrong) == ""


def answer(
    client: Client, person: str, name: str, article: Article, behind: dict[str, str]
) -> int | str:
    """How the page answers or, where only forms are sent, how the form does."""
    response = asked(client, "get", name, behind)
    if response.status_code == 405:
        with as_it_was():
            if name == "knowledge:articles_undo":
                by = User.objects.get(username=person)
                behind = behind | {"action": something_to_undo(article, by)}
            response = asked(client, "post", name, behind)
    return "turned away" if turned_away(response) else response.status_code


def asked(client: Client, method: str, name: str, behind: dict[str, str]) -> HttpResponseBase:
    values = behind | ({"article": "gone"} if name in TRASHED else {})
    target = address(name, "team", **values)
    if method == "get":
        return client.get(target)
    if name.startswith("api:"):
        return client.post(target, {}, content_type="application/json")
    return client.post(target, POSTED.get(name))


def turned_away(response: HttpResponseBase) -> bool:
    if response.status_code == 302:
        return response.headers["Location"].startswith(resolve_url(settings.LOGIN_URL))
    return response.status_code in {401, 403, 404, 405}
