"""New articles and edits: nothing that was typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from knowledge.editing import Conflict, purge_article, trash_article
from knowledge.models import Article, Revision, Status
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, typed, url


def test_a_new_article_is_a_draft_by_whoever_wrote_it(editor: Client) -> None:
    response = editor.post(url("article_new"), typed(tags="net, Net", category="Guides"))
    article = Article.objects.get()
    assert response["Location"] == url("article", "ports")
    assert (article.status, article.author, article.tags) == ("draft", User.objects.get(), ["net"])


def test_a_new_article_can_be_published_at_once(editor: Client) -> None:
    editor.post(url("article_new"), typed(publish="1"))
    assert Article.objects.get().status == Status.PUBLISHED


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(editor: Client) -> None:
    response = editor.post(url("article_new"), typed(title="", content="KEPT", tags="x" * 41))
    shown = text_of(response)
    assert "KEPT" in shown
    assert "x" * 41 in shown
    assert response.context["form"].errors.keys() == {"title", "tags"}
    assert Article.objects.count() == 0


def test_an_address_taken_meanwhile_is_an_error_beside_it(
    editor: Client, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_article(slug="taken")
    monkeypatch.setattr("knowledge.forms.check_slug_is_free", lambda *args, **kwargs: None)
    article = make_article(slug="mine")
    given = typed(slug="taken", seen="1", content="KEPT")
    for address in (url("article_new"), url("article_edit", article.slug)):
        response = editor.post(address, given)
        assert "slug" in response.context["form"].errors
        assert "KEPT" in text_of(response)


def test_opening_and_saving_changes_nothing(editor: Client, make_article: MakeArticle) -> None:
    article = make_article(content="\n    code\n\nend  \n", tags=["a", "b"], summary="S")
    form = editor.get(url("article_edit", article.slug)).context["form"]
    as_sent = {field.name: field.value() for field in form if field.name != "tags"}
    as_sent |= {"tags": "a, b", "content": article.content.replace("\n", "\r\n")}
    as_sent = {name: value for name, value in as_sent.items() if value is not None}
    assert editor.post(url("article_edit", article.slug), as_sent).status_code == 302
    assert Article.objects.get().version == 1


def test_an_edit_makes_a_revision_with_author_and_note(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    editor.post(url("article_edit", article.slug), typed(content="90", note="moved", seen="1"))
    newest = Revision.objects.get(number=2)
    assert (newest.content, newest.note, newest.author) == ("90", "moved", User.objects.get())


def test_a_changed_address_is_where_the_editor_lands(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    response = editor.post(url("article_edit", article.slug), typed(slug="new", seen="1"))
    assert response["Location"] == url("article", "new")


@pytest.mark.parametrize("seen", ["", "x", "-1", "99999999999999999999"])
def test_a_missing_or_forged_version_never_overwrites(
    editor: Client, make_article: MakeArticle, seen: str
) -> None:
    article = make_article(content="First")
    response = editor.post(url("article_edit", article.slug), typed(content="MINE", seen=seen))
    assert response.status_code in (200, 409)
    assert "MINE" in text_of(response)
    assert Article.objects.get().content == "First"


@pytest.mark.parametrize("remove", [purge_article, lambda a: trash_article(a, seen=1, author=None)])
def test_an_article_that_went_away_while_one_wrote_is_offered_as_a_new_one(
    editor: Client, make_article: MakeArticle, remove: Callable[[Article], Any]
) -> None:
    article = make_article()
    remove(article)
    response = editor.post(url("article_edit", article.slug), typed(content="MINE", seen="1"))
    assert response.status_code == 409
    assert "MINE" in text_of(response)
    assert f'action="{url("article_new")}"' in text_of(response)


def test_an_article_that_goes_away_during_the_save_is_offered_as_a_new_one(
    editor: Client, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(article: Article, **_: Any) -> bool:
        purge_article(article)
        raise Conflict

    article = make_article()
    monkeypatch.setattr("knowledge.editing.edit_article", lose)
    response = editor.post(url("article_edit", article.slug), typed(content="MINE", seen="1"))
    assert response.status_code == 409
    assert "MINE" in text_of(response)


def test_a_text_of_a_million_characters_of_any_script_is_saved(
    editor: Client, settings: LazySettings
) -> None:
    content = "\U0001f600" * settings.ARTICLE_MAX_CHARS
    assert editor.post(url("article_new"), typed(content=content)).status_code == 302
    assert Article.objects.get().content == content
