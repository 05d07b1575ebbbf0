"""Who may read what: the scope comes from the user on the server, and fails closed."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from knowledge.access import (
    NOTHING,
    Scope,
    readable_article,
    readable_workspaces,
    rights_in,
    scope_for,
    workspace_or_none,
)
from knowledge.editing import trash_article
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace

ANYONE = AnonymousUser()
ALL = {"public", "members", "private"}


def shown(scope: Scope, workspace: Workspace) -> set[str]:
    return set(scope.visibilities(str(workspace.pk)))


@pytest.mark.parametrize(
    ("role", "expected"),
    [(Role.VIEWER, {"public", "members"}), (Role.EDITOR, ALL), (Role.ADMIN, ALL)],
)
def test_a_member_reads_by_role(
    workspace: Workspace, make_user: Callable[..., User], role: Role, expected: set[str]
) -> None:
    assert shown(scope_for(make_user(workspace=workspace, role=role), workspace), workspace) == (
        expected
    )


def test_a_stranger_reads_what_is_public_in_a_public_workspace(workspace: Workspace) -> None:
    assert shown(scope_for(ANYONE, workspace), workspace) == {"public"}


def test_t2_a_stranger_reads_nothing_in_a_closed_workspace(
    make_workspace: Callable[..., Workspace],
) -> None:
    assert scope_for(ANYONE, make_workspace("closed")) == NOTHING


def test_t2_a_user_without_workspaces_has_an_empty_scope(
    make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    assert scope_for(make_user(), make_workspace("closed")).grants == frozenset()


def test_t1_a_scope_never_reaches_another_workspace(
    workspace: Workspace, make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    other = make_workspace("other")
    scope = scope_for(make_user(workspace=workspace, role=Role.ADMIN), workspace)
    assert shown(scope, other) == set()
    assert scope.workspace_ids == {str(workspace.pk)}


def test_t6_a_removed_member_loses_access_at_once(
    make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    closed = make_workspace("closed")
    user = make_user(workspace=closed, role=Role.EDITOR)
    Membership.objects.filter(user_id=user.pk).delete()
    assert scope_for(user, closed) == NOTHING
    assert not rights_in(user, closed).edit


def test_an_inactive_member_reads_as_a_stranger(
    workspace: Workspace, make_user: Callable[..., User]
) -> None:
    user = make_user(workspace=workspace, role=Role.ADMIN, is_active=False)
    assert shown(scope_for(user, workspace), workspace) == {"public"}


def test_a_superuser_is_an_admin_everywhere(
    make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    closed = make_workspace("closed")
    root = make_user(is_superuser=True)
    assert shown(scope_for(root, closed), closed) == ALL
    assert rights_in(root, closed).edit


def test_an_unknown_and_a_closed_workspace_look_the_same(
    make_workspace: Callable[..., Workspace],
) -> None:
    make_workspace("closed")
    assert workspace_or_none(ANYONE, "closed") is workspace_or_none(ANYONE, "unknown") is None


def test_home_lists_what_one_may_enter(
    workspace: Workspace, make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    joined = make_workspace("joined")
    make_workspace("closed")
    user = make_user(workspace=joined, role=Role.VIEWER)
    assert {w.slug for w in readable_workspaces(user)} == {"joined", workspace.slug}
    assert {w.slug for w in readable_workspaces(ANYONE)} == {workspace.slug}


@pytest.mark.parametrize("visibility", [Visibility.MEMBERS, Visibility.PRIVATE])
def test_t5_an_article_above_the_readers_scope_is_not_found(
    workspace: Workspace, make_article: Callable[..., Article], visibility: Visibility
) -> None:
    article = make_article(visibility=visibility)
    assert readable_article(ANYONE, workspace, article.slug) is None


def test_a_draft_is_shown_to_editors_only(
    workspace: Workspace, make_article: Callable[..., Article], make_user: Callable[..., User]
) -> None:
    draft = make_article(status=Status.DRAFT)
    editor = make_user(workspace=workspace, role=Role.EDITOR)
    assert readable_article(editor, workspace, draft.slug) == draft
    assert readable_article(ANYONE, workspace, draft.slug) is None


def test_what_is_in_the_trash_is_shown_to_nobody(
    workspace: Workspace, make_article: Callable[..., Article], make_user: Callable[..., User]
) -> None:
    article = make_article()
    trash_article(article, seen=1, author=None)
    root = make_user(is_superuser=True)
    assert readable_article(root, workspace, article.slug) is None


def test_t5_an_article_is_not_found_through_another_workspace(
    make_article: Callable[..., Article], make_workspace: Callable[..., Workspace]
) -> None:
    article = make_article()
    other = make_workspace("other", visibility=Visibility.PUBLIC)
    assert readable_article(ANYONE, other, article.slug) is None


def test_a_scope_covers_only_what_it_holds() -> None:
    wide = Scope(frozenset({("a", "public"), ("a", "members")}))
    narrow = Scope(frozenset({("a", "public")}))
    assert wide.covers(narrow)
    assert not narrow.covers(wide)
    assert not NOTHING.covers(narrow)
