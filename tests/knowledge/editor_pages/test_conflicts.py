"""Two people's edits of one article: brought together, or to be chosen from, and never lost."""

from typing import Any

import pytest
from django.test import Client

from knowledge import rendering
from knowledge.editing import edit_article, trash_article
from knowledge.models import Article, Draft, Revision
from knowledge.views import conflicts
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, typed, url

BASE = "one\ntwo\nthree\nfour\nfive\n"


def sent(response: Any, **changes: Any) -> dict[str, Any]:
    """What the page's form sends as it stands, with these changes."""
    form = response.context["form"]
    fields = {field.name: field.value() or "" for field in form}
    if isinstance(fields["tags"], list):
        fields["tags"] = ", ".join(fields["tags"])
    kept = {name: value for name, value in form.data.items() if name.startswith("mine_")}
    return {**fields, **kept, **changes}


def conflict(
    editor: Client, article: Article, mine: dict[str, Any], theirs: dict[str, Any]
) -> tuple[str, Any]:
    """Open the form, let somebody else save, then save: the address, and the answer."""
    address = url("article_edit", article.slug)
    opened = editor.get(address)
    edit_article(article, seen=article.version, author=None, **theirs)
    return address, editor.post(address, sent(opened, **mine))


def test_what_only_one_of_them_changed_is_brought_together(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE, tags=["a", "b"], category="Old")
    mine = {"content": BASE.replace("two", "MINE"), "tags": "a, b, mine"}
    theirs = {"content": BASE.replace("four", "THEIRS"), "tags": ["b"], "category": "New"}
    address, refused = conflict(editor, article, mine, theirs)
    assert refused.status_code == 409
    assert "stands together in the form" in text_of(refused)
    assert editor.post(address, sent(refused)).status_code == 302
    stored = Article.objects.get()
    assert stored.content == "one\nMINE\nthree\nTHEIRS\nfive\n"
    assert (stored.tags, stored.category) == (["b", "mine"], "New")
    assert Revision.objects.count() == 3


def test_where_both_changed_the_same_each_can_be_chosen(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE)
    mine, theirs = BASE.replace("two", "MINE"), BASE.replace("two", "THEIRS")
    address, refused = conflict(
        editor,
        article,
        {"content": mine, "title": "My title"},
        {"content": theirs, "title": "Their title"},
    )
    shown = text_of(refused)
    for words in ("MINE", "THEIRS", "My title", "Their title"):
        assert words in shown
    assert "still hold" in text_of(editor.post(address, sent(refused)))
    assert Article.objects.get().content == theirs
    chosen = editor.post(address, sent(refused, use="1:mine"))
    chosen = editor.post(address, sent(chosen, use="title:theirs"))
    assert editor.post(address, sent(chosen)).status_code == 302
    assert (Article.objects.get().content, Article.objects.get().title) == (mine, "Their title")
    assert list(Revision.objects.order_by("number").values_list("content", flat=True)) == [
        BASE,
        theirs,
        mine,
    ]


@pytest.mark.parametrize(
    ("use", "content"),
    [
        ("text:mine", "one\nMINE\n"),
        ("text:theirs", "one\nTHEIRS\n"),
        ("1:both", "one\nMINE\nTHEIRS\n"),
        ("99:mine", None),
        ("nonsense", None),
        ("slug:all", None),
    ],
)
def test_a_choice_is_made_by_the_button_alone(
    editor: Client, make_article: MakeArticle, use: str, content: str | None
) -> None:
    article = make_article(content="one\ntwo\n")
    address, refused = conflict(
        editor, article, {"content": "one\nMINE\n"}, {"content": "one\nTHEIRS\n"}
    )
    before = refused.context["form"].data["content"]
    chosen = editor.post(address, sent(refused, use=use))
    assert chosen.context["form"].data["content"] == (content or before)
    assert Article.objects.get().version == 2


def test_a_third_save_during_the_choice_is_brought_in_too(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE)
    address, refused = conflict(
        editor,
        article,
        {"content": BASE.replace("one", "MINE")},
        {"content": BASE.replace("five", "THEIRS")},
    )
    article.refresh_from_db()
    third = article.content.replace("three", "THIRD")
    edit_article(article, seen=2, author=None, content=third)
    again = editor.post(address, sent(refused))
    assert again.status_code == 409
    assert editor.post(address, sent(again)).status_code == 302
    assert Article.objects.get().content == "MINE\ntwo\nTHIRD\nfour\nTHEIRS\n"


def test_marks_of_a_first_conflict_survive_a_second(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE)
    address, refused = conflict(
        editor,
        article,
        {"content": BASE.replace("two", "MINE")},
        {"content": BASE.replace("two", "THEIRS")},
    )
    article.refresh_from_db()
    edit_article(article, seen=2, author=None, content=article.content.replace("THEIRS", "THIRD"))
    again = editor.post(address, sent(refused, use="1:mine"))
    for words in ("MINE", "THIRD"):
        assert words in again.context["form"].data["content"]


@pytest.mark.parametrize("was", ["", "{}", "[1]", "no json", "[" * 5000, '{"revision": 99}'])
def test_without_what_the_page_was_opened_with_both_texts_are_shown_whole(
    editor: Client, make_article: MakeArticle, was: str
) -> None:
    article = make_article(content="one\n")
    edit_article(article, seen=1, author=None, content="THEIRS\n")
    refused = editor.post(
        url("article_edit", article.slug), typed(content="MINE\n", seen="1", was=was)
    )
    (clash,) = refused.context["conflict"].texts
    assert (clash.mine, clash.theirs) == ("MINE\n", "THEIRS\n")


def test_texts_that_take_too_long_to_merge_are_shown_whole(
    editor: Client, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: str) -> str:
        raise rendering.RenderTimeout("too slow")

    monkeypatch.setattr(conflicts, "merge_texts", fail)
    article = make_article(content=BASE)
    _, refused = conflict(
        editor, article, {"content": f"MINE\n{BASE}"}, {"content": f"{BASE}THEIRS\n"}
    )
    assert len(refused.context["conflict"].texts) == 1


def test_what_was_typed_is_kept_as_a_draft_when_a_save_is_refused(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE)
    address, refused = conflict(editor, article, {"content": "MINE"}, {"content": "THEIRS"})
    assert Draft.objects.get().fields["content"] == "MINE"
    editor.post(address, sent(refused, content="both"))
    assert Draft.objects.count() == 0


def test_an_article_that_was_renamed_while_one_wrote_is_still_the_one_that_is_saved(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE)
    address, refused = conflict(editor, article, {"content": f"{BASE}MINE\n"}, {"slug": "moved"})
    assert refused.status_code == 409
    assert f'action="{url("article_edit", "moved")}"' in text_of(refused)
    assert editor.post(address, sent(refused)).status_code == 302
    assert (Article.objects.get().slug, Article.objects.get().content[-5:]) == ("moved", "MINE\n")


@pytest.mark.parametrize("button", ["preview", "image_new"])
def test_a_page_that_comes_back_after_a_rename_saves_the_same_article(
    editor: Client, make_article: MakeArticle, button: str
) -> None:
    article = make_article(content=BASE)
    opened = editor.get(url("article_edit", article.slug))
    edit_article(article, seen=1, author=None, slug="moved")
    back = editor.post(url(button), sent(opened, content=f"{BASE}MINE\n"))
    assert f'action="{url("article_edit", "moved")}"' in text_of(back)


@pytest.mark.parametrize("button", ["preview", "image_new"])
def test_a_page_that_comes_back_after_a_deletion_says_so(
    editor: Client, make_article: MakeArticle, button: str
) -> None:
    article = make_article(content=BASE)
    opened = editor.get(url("article_edit", article.slug))
    trash_article(article, seen=1, author=None)
    back = text_of(editor.post(url(button), sent(opened, content="MINE")))
    assert "This article is not here any more" in back
    assert "MINE" in back


def test_another_article_at_the_old_address_is_not_the_one_that_is_saved(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=BASE)
    opened = editor.get(url("article_edit", "ports"))
    edit_article(article, seen=1, author=None, slug="moved")
    other = make_article("Other", "OTHER", slug="ports")
    editor.post(url("article_edit", "ports"), sent(opened, content="MINE", slug=""))
    other.refresh_from_db()
    assert (other.content, other.version) == ("OTHER", 1)


def test_marks_in_an_article_about_marks_are_no_conflict(editor: Client) -> None:
    content = "<<<<<<< 1: yours\na\n======= 1\nb\n>>>>>>> 1: theirs\n"
    assert editor.post(url("article_new"), typed(content=content)).status_code == 302
