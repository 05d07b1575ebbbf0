"""Making workspaces, and taking one away with all that it holds."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from kbsite import mongo
from knowledge import workspaces
from knowledge.access import readable_workspaces
from knowledge.models import Article, Membership, Revision, Role, Workspace
from knowledge.workspaces import WorkspaceExists, create_workspace, holdings, purge_workspace


def fill(workspace: Workspace) -> None:
    part: Any = {"_id": ObjectId(), "workspace_id": str(workspace.pk), "recipe": "words@1"}
    mongo.chunks().insert_one(part)
    mongo.answers().insert_one(part)


def test_a_slug_is_given_once(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceExists):
        create_workspace(slug=workspace.slug, name="Other")


def test_a_purge_takes_everything_in_steps_and_leaves_other_workspaces(
    workspace: Workspace,
    make_article: Callable[..., Article],
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workspaces, "ARTICLES_PER_STEP", 2)
    other = create_workspace(slug="other", name="Other")
    make_user(workspace=workspace, role=Role.EDITOR)
    kept = make_article(workspace=other)
    for _ in range(5):
        make_article()
    fill(workspace)
    fill(other)
    purge_workspace(workspace)
    assert list(Workspace.objects.all()) == [other]
    assert list(Article.objects.all()) == [kept]
    assert Revision.objects.count() == 1
    assert Membership.objects.count() == 0
    assert mongo.chunks().distinct("workspace_id") == [str(other.pk)]
    assert mongo.answers().distinct("workspace_id") == [str(other.pk)]


def test_a_purge_that_is_stopped_leaves_the_workspace_closed_and_goes_on_later(
    workspace: Workspace, make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_article()
    with monkeypatch.context() as stopped:
        stopped.setattr(workspaces, "purge_articles", lambda articles: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            purge_workspace(workspace)
    assert readable_workspaces(AnonymousUser()) == []
    purge_workspace(workspace)
    assert Workspace.objects.count() == Article.objects.count() == 0


def test_holdings_say_what_a_purge_would_take(
    workspace: Workspace, make_article: Callable[..., Article]
) -> None:
    make_article()
    fill(workspace)
    held = {"articles": 1, "searchable passages": 1, "answers": 1, "memberships": 0}
    assert holdings(workspace) == held
