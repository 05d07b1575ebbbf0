"""Actions on several articles: what is done, what is left alone and why, and taking it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from knowledge.editing import edit_article, purge_article, trash_article
from knowledge.models import Article, BulkAction, Role, Status, Visibility, Workspace
from tests.knowledge.browsing.pages import MakeArticle, MakeUser, box, said, url


def act(client: Client, *articles: Article, action: str, **value: str) -> str:
    chosen = [box(article) for article in articles]
    return said(client.post(url("articles_bulk"), {"article": chosen, "action": action, **value}))


def undo(client: Client) -> str:
    return said(client.post(url("articles_undo", str(BulkAction.objects.get().pk))))


def stored(article: Article) -> Article:
    return Article.objects.get(pk=article.pk)


@pytest.mark.parametrize(
    ("action", "value", "field", "expected"),
    [
        ("tag", {"tags": "net, New"}, "tags", ["Net", "New"]),
        ("untag", {"tags": "NET"}, "tags", []),
        ("move", {"category": " Guides "}, "category", "Guides"),
        ("show", {"visibility": "private"}, "visibility", Visibility.PRIVATE),
        ("publish", {}, "status", Status.PUBLISHED),
        ("unpublish", {}, "status", Status.DRAFT),
        ("archive", {}, "status", Status.ARCHIVED),
        ("trash", {}, "status", Status.TRASHED),
    ],
)
def test_each_action_is_done_and_taken_back(
    editor: Client,
    make_article: MakeArticle,
    action: str,
    value: dict[str, str],
    field: str,
    expected: Any,
) -> None:
    status = Status.DRAFT if action == "publish" else Status.PUBLISHED
    article = make_article(tags=["Net"], category="Old", status=status)
    before = getattr(article, field)
    assert "Done:" in act(editor, article, action=action, **value)
    assert getattr(stored(article), field) == expected
    assert "Taken back for 1 article" in undo(editor)
    assert getattr(stored(article), field) == before
    assert not BulkAction.objects.exists()


def test_what_somebody_saved_meanwhile_is_left_alone_and_said(
    editor: Client, make_article: MakeArticle
) -> None:
    done, changed, gone = make_article("Done"), make_article("Changed"), make_article("Gone")
    full = make_article("Full", tags=[f"t{number}" for number in range(20)])
    edit_article(stored(changed), seen=1, author=None, title="Changed since")
    purge_article(gone)
    shown = act(editor, done, changed, gone, full, action="tag", tags="x")
    assert "1 article tagged “x”" in shown
    assert "“Changed since” stays as it is: somebody saved it meanwhile" in shown
    assert "it is no longer there" in shown
    assert "“Full” stays as it is: Use at most 20 tags" in shown
    assert stored(changed).tags == []


def test_undo_touches_only_what_is_still_as_it_was_left(
    editor: Client, make_article: MakeArticle
) -> None:
    mine, theirs = make_article("Mine"), make_article("Theirs")
    act(editor, mine, theirs, action="archive")
    edit_article(stored(theirs), seen=2, author=None, title="Theirs, saved")
    shown = undo(editor)
    assert "Taken back for 1 article" in shown
    assert "“Theirs, saved” stays as it is: somebody saved it meanwhile" in shown
    assert stored(mine).status == Status.PUBLISHED
    assert stored(theirs).status == Status.ARCHIVED


def test_t5_an_action_is_undone_only_by_who_did_it_and_within_a_day(
    editor: Client, workspace: Workspace, make_article: MakeArticle, make_user: MakeUser
) -> None:
    article = make_article()
    act(editor, article, action="archive")
    address = url("articles_undo", str(BulkAction.objects.get().pk))
    other = Client()
    other.force_login(make_user("bob", workspace=workspace, role=Role.ADMIN))
    assert other.post(address).status_code == 404
    BulkAction.objects.update(done_at=timezone.now() - timedelta(hours=25))
    assert editor.post(address).status_code == 404
    assert editor.post(url("articles_undo", "no-id")).status_code == 404
    assert stored(article).status == Status.ARCHIVED


def test_t5_articles_of_another_workspace_and_of_the_trash_are_left_alone(
    editor: Client, make_article: MakeArticle
) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    theirs, trashed = make_article("CANARY", workspace=other), make_article("Trashed")
    trash_article(trashed, seen=1, author=None)
    shown = act(editor, theirs, trashed, action="publish")
    assert "Nothing was changed" in shown
    assert "CANARY" not in shown
    assert "it is in the trash" in shown
    assert (stored(theirs).version, stored(trashed).version) == (1, 2)


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"action": "publish"}, "Choose the articles first"),
        ({"action": "publish", "article": ["x"]}, "damaged"),
        ({"action": "publish", "article": ["0" * 24 + ".1"] * 2 + ["1" * 24]}, "damaged"),
        ({"action": "publish", "article": [f"{n:024x}.1" for n in range(101)]}, "at most 100"),
        ({"action": "tag", "article": ["0" * 24 + ".1"]}, "Write the tags first"),
        ({"action": "show", "article": ["0" * 24 + ".1"]}, "Choose who may read them"),
        ({"action": "purge", "article": ["0" * 24 + ".1"]}, "not one of the available choices"),
    ],
)
def test_c1_a_form_that_makes_no_sense_does_nothing_and_says_why(
    editor: Client, sent: dict[str, Any], problem: str
) -> None:
    assert problem in said(editor.post(url("articles_bulk"), sent))
    assert not BulkAction.objects.exists()


def test_after_an_action_the_list_is_as_it_was(editor: Client, make_article: MakeArticle) -> None:
    sent = {"article": [box(make_article())], "action": "archive"}
    response = editor.post(url("articles_bulk") + "?status=draft&sort=title&text=", sent)
    assert response["Location"] == url("articles") + "?status=draft&sort=title&done=1"
