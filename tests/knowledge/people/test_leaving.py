"""What becomes of knowledge when somebody deletes their account."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import deletion
from accounts.deletion import NotYet
from accounts.models import User
from kbsite import mongo
from knowledge.editing import create_article
from knowledge.models import (
    Article,
    Draft,
    Membership,
    ReadingPosition,
    Revision,
    Role,
    Status,
    Visibility,
    Workspace,
)
from knowledge.people.leaving import duties
from knowledge.workspaces import create_workspace, delete_workspace
from tests.accounts.authenticator import visit
from tests.conftest import PASSWORD
from tests.knowledge.people.conftest import MakeUser


@pytest.fixture
def edith(workspace: Workspace, make_user: MakeUser) -> User:
    return make_user("edith", workspace=workspace, role=Role.EDITOR)


def reasons(user: User) -> list[str]:
    return [reason.text for reason in duties(user)]


def test_articles_and_history_stay_as_by_somebody_whose_account_is_gone(
    edith: User, workspace: Workspace, client: Client, make_user: MakeUser
) -> None:
    article = create_article(
        workspace=workspace,
        author=edith,
        title="Ports",
        content="8000",
        status=Status.PUBLISHED,
        visibility=Visibility.PUBLIC,
    )
    deletion.delete_account(edith, request=visit())
    assert Article.objects.get().author_id is None
    assert Revision.objects.get().author_id is None
    assert client.get(article.get_absolute_url()).status_code == 200
    client.force_login(make_user("other", workspace=workspace, role=Role.EDITOR))
    history = client.get(reverse("knowledge:article_history", args=["team", article.slug]))
    assert "Somebody whose account is gone" in unescape(history.content.decode())


def test_memberships_drafts_and_reading_positions_go(
    edith: User, workspace: Workspace, make_article: Any
) -> None:
    article = make_article()
    Draft.objects.create(user=edith, workspace=workspace, key="1" * 24, fields={}, seen=1)
    ReadingPosition.objects.create(user=edith, workspace=workspace, article=article)
    deletion.delete_account(edith, request=visit())
    counts = [model.objects.count() for model in (Membership, Draft, ReadingPosition)]
    assert counts == [0, 0, 0]


def test_what_they_asked_goes_and_what_others_asked_stays(
    edith: User, workspace: Workspace, make_user: MakeUser
) -> None:
    other = make_user("other")
    for asker in (edith.pk, other.pk, "a-guest"):
        mongo.database()["answers"].insert_one({"asker": asker, "created_at": datetime.now(UTC)})
    deletion.delete_account(edith, request=visit())
    assert {answer["asker"] for answer in mongo.answers().find()} == {other.pk, "a-guest"}


def test_an_owner_is_refused_until_the_workspace_is_handed_over_or_deleted(
    make_user: MakeUser, client: Client
) -> None:
    olga = make_user("olga")
    space = create_workspace(name="Team", slug="team", owner=olga)
    with pytest.raises(NotYet, match="You own the workspace “Team”"):
        deletion.delete_account(olga, request=visit())
    client.force_login(olga)
    page = client.post("/accounts/delete/", {"current_password": PASSWORD}).content.decode()
    assert "You own the workspace “Team”. Hand it over" in unescape(page)
    assert 'href="/w/team/people"' in page
    delete_workspace(space)
    deletion.delete_account(olga, request=visit())
    assert not User.objects.exists()


def test_the_only_admin_is_refused_until_there_is_another(
    workspace: Workspace, make_user: MakeUser
) -> None:
    ann = make_user("ann", workspace=workspace, role=Role.ADMIN)
    gone = make_user("gone", workspace=workspace, role=Role.ADMIN, is_active=False)
    assert reasons(ann) == [
        "You are the only admin of the workspace “Team”. Make somebody else an admin of it first."
    ]
    User.objects.filter(pk=gone.pk).update(is_active=True)
    assert reasons(ann) == []


def test_of_two_admins_the_last_stays(workspace: Workspace, make_user: MakeUser) -> None:
    people = [make_user(name, workspace=workspace, role=Role.ADMIN) for name in ("ann", "bob")]
    deletion.delete_account(people[0], request=visit())
    with pytest.raises(NotYet):
        deletion.delete_account(people[1], request=visit())


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_leave_when_they_like(workspace: Workspace, make_user: MakeUser, role: Role) -> None:
    assert reasons(make_user("vic", workspace=workspace, role=role)) == []
