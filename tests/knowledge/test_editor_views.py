"""The editors' pages: who reaches them, and that nothing typed on them is lost."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from knowledge import editor_views, rendering
from knowledge.editing import Conflict, edit_article, purge_article, trash_article
from knowledge.models import Article, Revision, Role, Status, Visibility, Workspace

MakeArticle = Callable[..., Article]
MakeUser = Callable[..., User]

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" hx-get="/w/team/articles/" hx-trigger="load',
    "</textarea><svg onload=alert(1)>",
    "{{ request.user.password }}{% debug %}",
    "javascript:alert(1)",
]


@pytest.fixture
def editor(client: Client, workspace: Workspace, make_user: MakeUser) -> Client:
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    return client


def url(name: str, *args: str) -> str:
    return reverse(f"knowledge:{name}", args=["team", *args])


def typed(**fields: Any) -> dict[str, Any]:
    return {"title": "Ports", "content": "Use 80.", "visibility": "public", **fields}


def text_of(response: Any) -> str:
    return str(response.content.decode())


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes: what markup it has."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text_of(response))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


# Who reaches what.

PAGES = [
    ("get", "articles", False),
    ("get", "article_new", False),
    ("post", "article_new", False),
    ("post", "preview", False),
    ("get", "article_edit", True),
    ("post", "article_edit", True),
    ("post", "article_publish", True),
    ("post", "article_unpublish", True),
    ("get", "article_delete", True),
    ("post", "article_delete", True),
]


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.MEMBERS])
@pytest.mark.parametrize("who", ["visitor", "outsider", "viewer", "editor", "admin", "superuser"])
def test_t5_only_editors_reach_the_editors_pages(
    client: Client,
    workspace: Workspace,
    make_user: MakeUser,
    make_article: MakeArticle,
    who: str,
    visibility: str,
) -> None:
    Workspace.objects.update(visibility=visibility)
    if who != "visitor":
        role = Role(who) if who in Role.values else None
        user = make_user(workspace=workspace, role=role, is_superuser=who == "superuser")
        client.force_login(user)
    for method, name, of_article in PAGES:
        article = make_article(content="CANARY")
        address = url(name, article.slug) if of_article else url(name)
        response = getattr(client, method)(address, {"seen": "0"} if method == "post" else {})
        if who in ("editor", "admin", "superuser"):
            assert response.status_code not in (403, 404)
            continue
        sign_in = who == "visitor" and visibility == Visibility.PUBLIC
        assert response.status_code == (302 if sign_in else 404), name
        assert not sign_in or response["Location"].startswith(reverse("accounts:login"))
        assert "CANARY" not in text_of(response)
        assert Article.objects.get(pk=article.pk).version == 1


def test_t5_an_editor_of_one_workspace_does_not_reach_anothers_articles(
    editor: Client, make_article: MakeArticle
) -> None:
    other = Workspace.objects.create(slug="other", name="Other", visibility=Visibility.PUBLIC)
    make_article(workspace=other, slug="theirs")
    for method, name, of_article in PAGES:
        parts = ["other", "theirs"] if of_article else ["other"]
        for workspace in ("other", "team") if of_article else ("other",):
            address = reverse(f"knowledge:{name}", args=[workspace, *parts[1:]])
            if (method, name, workspace) == ("post", "article_edit", "team"):
                assert editor.post(address).status_code == 409  # offered as a new article
            else:
                assert getattr(editor, method)(address).status_code == 404
    assert Article.objects.get().version == 1


def test_t6_an_editor_who_is_removed_loses_the_pages_at_once(editor: Client) -> None:
    assert editor.get(url("articles")).status_code == 200
    User.objects.get().memberships.all().delete()
    assert editor.get(url("articles")).status_code == 404


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "preview"),
        ("get", "article_publish"),
        ("get", "article_unpublish"),
        ("post", "articles"),
        ("put", "article_edit"),
        ("delete", "article_delete"),
    ],
)
def test_other_methods_are_refused(
    editor: Client, make_article: MakeArticle, method: str, name: str
) -> None:
    address = url(name) if name in ("preview", "articles") else url(name, make_article().slug)
    assert getattr(editor, method)(address).status_code == 405


@pytest.mark.parametrize("name", ["article_new", "preview", "article_publish", "article_delete"])
def test_c2_posts_without_the_token_are_refused(
    workspace: Workspace, make_user: MakeUser, make_article: MakeArticle, name: str
) -> None:
    article = make_article(status=Status.DRAFT)
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    address = url(name) if name in ("article_new", "preview") else url(name, article.slug)
    assert client.post(address, typed(seen="1")).status_code == 403
    assert Article.objects.get().version == 1


# The list.


def test_the_list_shows_state_tags_and_how_far_search_is(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article(title="Waiting", tags=["net"], category="Guides")
    done, failed = make_article(title="Done"), make_article(title="Failed")
    Article.objects.filter(pk=done.pk).update(pending=False, indexed_revision=1)
    Article.objects.filter(pk=failed.pk).update(index_error="ProviderError: busy")
    shown = text_of(editor.get(url("articles")))
    for words in ("Guides", "net", "waiting", "searchable", "failed: ProviderError: busy"):
        assert words in shown


def test_an_empty_list_says_what_to_do(editor: Client) -> None:
    shown = text_of(editor.get(url("articles")))
    assert url("article_new") in shown
    assert "import_markdown" in shown


def test_the_list_has_pages_of_twenty_and_no_trash(
    editor: Client, make_article: MakeArticle
) -> None:
    for number in range(22):
        make_article(title=f"Article {number}")
    trash_article(Article.objects.get(title="Article 21"), seen=1, author=None)
    pages = [editor.get(url("articles"), {"page": page}) for page in (1, 2)]
    assert [len(page.context["rows"]) for page in pages] == [20, 1]
    assert editor.get(url("articles"), {"page": "x' OR 1"}).status_code == 200


def test_the_list_asks_as_much_for_twenty_articles_as_for_one(
    editor: Client, make_article: MakeArticle, django_assert_num_queries: Any
) -> None:
    make_article()
    editor.get(url("articles"))
    with django_assert_num_queries(9):
        editor.get(url("articles"))
    for _ in range(19):
        make_article()
    with django_assert_num_queries(9):
        editor.get(url("articles"))


# Writing.


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
    assert response.status_code == 422
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


def test_of_two_edits_the_second_is_shown_both_texts_and_can_then_save(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="First")
    edit_article(article, seen=1, author=None, content="THEIRS", tags=["theirs"])
    address = url("article_edit", article.slug)
    refused = editor.post(address, typed(content="MINE", tags="mine", seen="1"))
    shown = text_of(refused)
    assert refused.status_code == 409
    assert all(words in shown for words in ("MINE", "THEIRS", 'value="mine"', "theirs"))
    assert Article.objects.get().content == "THEIRS"
    again = typed(content="MINE", tags="mine", seen=refused.context["form"]["seen"].value())
    assert editor.post(address, again).status_code == 302
    texts = Revision.objects.order_by("number").values_list("content", flat=True)
    assert list(texts) == ["First", "THEIRS", "MINE"]


@pytest.mark.parametrize("seen", ["", "x", "-1", "99999999999999999999"])
def test_a_missing_or_forged_version_never_overwrites(
    editor: Client, make_article: MakeArticle, seen: str
) -> None:
    article = make_article(content="First")
    response = editor.post(url("article_edit", article.slug), typed(content="MINE", seen=seen))
    assert response.status_code in (409, 422)
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
    monkeypatch.setattr(editor_views.editing, "edit_article", lose)
    response = editor.post(url("article_edit", article.slug), typed(content="MINE", seen="1"))
    assert response.status_code == 409
    assert "MINE" in text_of(response)


def test_a_text_of_a_million_characters_of_any_script_is_saved(
    editor: Client, settings: LazySettings
) -> None:
    content = "漢字 " * (settings.ARTICLE_MAX_CHARS // 3)
    assert editor.post(url("article_new"), typed(content=content)).status_code == 302
    assert Article.objects.get().content == content


# Preview.


def test_the_preview_is_what_the_article_page_shows(
    editor: Client, make_article: MakeArticle
) -> None:
    content = "# Ports\n\n## Which\n\n| a |\n|---|\n| **1** |\n\n`code` <script>x</script>\n"
    article = make_article(title="Ports", content=content)
    page = text_of(editor.get(url("article", article.slug)))
    preview = editor.post(url("preview"), typed(content=content), headers={"HX-Request": "true"})
    assert str(preview.context["preview"]) in page
    assert "<strong>1</strong>" in text_of(preview)


def test_without_javascript_the_preview_comes_in_the_form_as_typed(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored")
    given = typed(content="Now **bold**", tags="kept", editing=article.slug, seen="1")
    shown = text_of(editor.post(url("preview"), given))
    assert "<strong>bold</strong>" in shown
    assert "Now **bold**" in shown
    assert f'action="{url("article_edit", article.slug)}"' in shown
    assert 'value="kept"' in shown
    assert Article.objects.get().content == "Stored"


@pytest.mark.parametrize("failure", [rendering.RenderTimeout, rendering.RenderError])
def test_a_text_that_cannot_be_laid_out_is_said_so_and_kept_and_can_be_saved(
    editor: Client, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure("too slow")

    monkeypatch.setattr(editor_views, "render_markdown", fail)
    shown = text_of(editor.post(url("preview"), typed(content="KEPT")))
    assert "It can still be saved" in shown
    assert "KEPT" in shown
    assert editor.post(url("article_new"), typed(content="KEPT")).status_code == 302


def test_a_preview_after_signing_out_says_so_instead_of_showing_another_page(
    client: Client, workspace: Workspace
) -> None:
    response = client.post(url("preview"), typed(), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "signed out" in text_of(response)


# Publishing and deleting.


def test_publish_and_unpublish(editor: Client, make_article: MakeArticle) -> None:
    article = make_article(status=Status.DRAFT)
    editor.post(url("article_publish", article.slug), {"seen": "1"})
    assert Article.objects.get().status == Status.PUBLISHED
    editor.post(url("article_unpublish", article.slug), {"seen": "2"})
    assert Article.objects.get().status == Status.DRAFT


def test_deleting_asks_first_and_then_keeps_the_text(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    address = url("article_delete", article.slug)
    assert "Move to the trash" in text_of(editor.get(address))
    assert Article.objects.get().status == Status.PUBLISHED
    assert editor.post(address, {"seen": "1"})["Location"] == url("articles")
    assert Article.objects.get().status == Status.TRASHED
    assert editor.get(url("article_edit", article.slug)).status_code == 404


@pytest.mark.parametrize("seen", ["1", "", "x"])
@pytest.mark.parametrize("name", ["article_publish", "article_unpublish", "article_delete"])
def test_a_button_on_an_old_page_does_nothing_and_says_so(
    editor: Client, make_article: MakeArticle, name: str, seen: str
) -> None:
    article = make_article(status=Status.ARCHIVED)
    edit_article(article, seen=1, author=None, content="newer")
    response = editor.post(url(name, article.slug), {"seen": seen}, follow=True)
    assert "Nothing was done" in text_of(response)
    assert Article.objects.get().status == Status.ARCHIVED


# Hostile words.


@pytest.mark.parametrize("words", HOSTILE)
def test_x1_words_in_any_field_never_become_markup(
    editor: Client, make_article: MakeArticle, words: str
) -> None:
    def shapes(text: str) -> list[Any]:
        Article.objects.all().delete()
        fields = {"title": text, "category": text, "tags": [text[:40]], "summary": text}
        article = make_article(slug="a", content=text, **fields)
        edit_article(article, seen=1, author=None, content=f"{text}.")
        given = {**fields, "tags": text[:40], "slug": text, "note": text, "content": text}
        pages = [
            editor.get(url("articles")),
            editor.get(url("article_edit", "a")),
            editor.get(url("article_delete", "a")),
            editor.post(url("article_new"), {**given, "visibility": text}),
            editor.post(url("article_edit", "a"), {**given, "slug": "a", "visibility": "public"}),
            editor.post(url("article_delete", "a"), {"seen": "2"}, follow=True),
        ]
        return [Shape(page).tags for page in pages]

    assert shapes(words) == shapes("plain words of no interest")
