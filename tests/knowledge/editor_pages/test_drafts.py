"""What is typed is kept for whoever typed it, and for nobody else."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from knowledge.authoring import drafts
from knowledge.authoring.drafts import new_key
from knowledge.editing import edit_article
from knowledge.models import Article, Draft, Role, Workspace
from tests.conftest import PASSWORD
from tests.knowledge.editor_pages.pages import MakeArticle, MakeUser, text_of, typed, url


def keep(client: Client, key: str, **fields: Any) -> Any:
    return client.post(url("draft_keep", key), typed(**fields))


@pytest.fixture
def other(client: Client, workspace: Workspace, make_user: MakeUser) -> Client:
    """Another editor of the same workspace."""
    make_user("eve", workspace=workspace, role=Role.ADMIN)
    other = Client()
    assert other.login(username="eve", password=PASSWORD)
    return other


def test_what_was_typed_comes_back_when_the_page_is_opened_again(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored", tags=["old"])
    kept = keep(editor, str(article.pk), content="  TYPED\n", tags="", seen="1", note="why")
    assert kept.json()["kept"]
    opened = editor.get(url("article_edit", article.slug))
    shown = {field.name: field.value() for field in opened.context["form"]}
    assert (shown["content"], shown["tags"], shown["note"]) == ("  TYPED\n", "", "why")
    assert "your unsaved text" in text_of(opened)


def test_keeping_again_replaces_what_was_kept(editor: Client) -> None:
    key = new_key()
    for content in ("first", "second"):
        keep(editor, key, content=content)
    assert Draft.objects.get().fields["content"] == "second"


def test_a_new_article_that_was_not_saved_is_offered_on_the_page_for_new_ones(
    editor: Client,
) -> None:
    key = new_key()
    keep(editor, key, title="Half done", content="TYPED")
    assert "Half done" in text_of(editor.get(url("article_new")))
    opened = editor.get(url("article_new"), {"draft": key})
    assert "TYPED" in text_of(opened)
    assert opened.context["form"]["key"].value() == key


def test_saving_forgets_the_draft(editor: Client, make_article: MakeArticle) -> None:
    article, key = make_article(), new_key()
    for each in (key, str(article.pk)):
        keep(editor, each, seen="1")
    editor.post(url("article_new"), typed(title="New", key=key))
    assert Draft.objects.get().key == str(article.pk)
    editor.post(url("article_edit", article.slug), typed(seen="1", key=str(article.pk)))
    assert Draft.objects.count() == 0


def test_discarding_forgets_the_draft_and_shows_what_is_stored(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored")
    keep(editor, str(article.pk), content="TYPED", seen="1")
    dropped = editor.post(url("draft_drop", str(article.pk)), {"next": "article"}, follow=True)
    assert "Stored" in text_of(dropped)
    assert "TYPED" not in text_of(dropped)


def test_a_draft_of_an_article_that_moved_on_conflicts_when_it_is_saved(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored")
    keep(editor, str(article.pk), content="TYPED", seen="1")
    edit_article(article, seen=1, author=None, content="THEIRS")
    address = url("article_edit", article.slug)
    opened = editor.get(address)
    assert "both versions are brought together" in text_of(opened)
    as_sent = {field.name: field.value() or "" for field in opened.context["form"]}
    assert editor.post(address, as_sent).status_code == 409
    assert Article.objects.get().content == "THEIRS"


def test_t5_a_draft_is_its_writers_alone(
    editor: Client, other: Client, make_article: MakeArticle
) -> None:
    article, key = make_article(), new_key()
    keep(editor, key, content="CANARY", title="CANARY")
    keep(editor, str(article.pk), content="CANARY", seen="1")
    pages = [
        other.get(url("article_new")),
        other.get(url("article_new"), {"draft": key}),
        other.get(url("article_edit", article.slug)),
        other.get(url("articles")),
    ]
    assert all("CANARY" not in text_of(page) for page in pages)
    other.post(url("draft_drop", key))
    keep(other, key, content="other")
    owners = Draft.objects.filter(key=key).values_list("fields__content", flat=True)
    assert sorted(owners) == ["CANARY", "other"]


def test_t5_a_draft_names_no_article_of_another_workspace(
    editor: Client, make_workspace: Any, make_article: MakeArticle
) -> None:
    theirs = make_article(workspace=make_workspace("theirs"), title="CANARY")
    keep(editor, str(theirs.pk), title="")
    assert Draft.objects.get().article is None
    assert "CANARY" not in text_of(editor.get(url("article_new")))


@pytest.mark.parametrize("key", ["short", "UPPER-case-key", "a" * 40, "with-dashes-in-it"])
def test_a_key_of_another_shape_is_refused(editor: Client, key: str) -> None:
    assert keep(editor, key).status_code == 400
    assert Draft.objects.count() == 0


def test_u2_what_is_too_long_or_one_too_many_is_refused_with_the_reason(
    editor: Client, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 2)
    settings.ARTICLE_MAX_CHARS = 1000
    assert "1,001 characters" in keep(editor, new_key(), content="x" * 1001).json()["problem"]
    assert keep(editor, new_key(), title="x" * 5001).status_code == 400
    first = new_key()
    assert [keep(editor, key).status_code for key in (first, new_key(), new_key())] == [
        200,
        200,
        400,
    ]
    assert keep(editor, first, content="still kept").status_code == 200


def test_what_the_database_cannot_hold_does_not_stop_the_rest_from_being_kept(
    editor: Client,
) -> None:
    assert keep(editor, new_key(), content="a\x00b").status_code == 200
    assert Draft.objects.get().fields["content"] == "a\ufffdb"


def test_t6_whoever_may_no_longer_write_keeps_nothing(editor: Client) -> None:
    User.objects.get().memberships.all().delete()
    assert keep(editor, new_key()).status_code == 404
    assert Draft.objects.count() == 0
