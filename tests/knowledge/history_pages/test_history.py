"""The revisions of an article: listed, looked at, compared, restored."""

from typing import Any

import pytest
from django.test import Client

from knowledge.editing import edit_article
from knowledge.models import Article, Revision, Status, Workspace
from knowledge.workspaces import archive_workspace
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, url

HUGE = 10**30


def compare(client: Client, old: int, new: int, view: str = "inline") -> str:
    where = url("article_compare", "ports")
    asked: dict[str, Any] = {"old": old, "new": new, "view": view}
    return text_of(client.get(where, asked))


def test_every_revision_is_listed_with_its_author_and_note(
    editor: Client, revised: Article
) -> None:
    page = " ".join(text_of(editor.get(url("article_history", "ports"))).split())
    assert "It moved" in page
    assert page.count('data-label="By"> ed') == 2
    assert page.index("/w/team/a/ports@3") < page.index("/w/team/a/ports@1")


def test_in_an_archived_workspace_the_history_is_read_and_nothing_offered(
    editor: Client, revised: Article, workspace: Workspace
) -> None:
    archive_workspace(workspace)
    assert f'href="{url("article_history", "ports")}"' in text_of(
        editor.get(url("article", "ports"))
    )
    pages = [url("article", "ports"), url("article_history", "ports")]
    pages += [url("article_revision", "ports", 1), f"{url('article_compare', 'ports')}?old=1&new=2"]
    for address in pages:
        page = editor.get(address)
        assert page.status_code == 200
        for name in ("article_edit", "article_archive", "article_unpublish", "articles"):
            assert f'"{url(name, *["ports"] * (name != "articles"))}"' not in text_of(page)
        assert "/restore" not in text_of(page)


def test_the_one_that_searches_find_is_marked(editor: Client, revised: Article) -> None:
    Article.objects.update(indexed_revision=2)
    _, marked = text_of(editor.get(url("article_history", "ports"))).split("/w/team/a/ports@2")
    assert "what searches find" in marked.split("</tr>")[0]


def test_a_revision_without_an_author_was_imported(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article(source_path="ports.md")
    assert "Imported" in text_of(editor.get(url("article_history", "ports")))


def test_a_long_history_has_pages_and_no_query_for_each_row(
    editor: Client, make_article: MakeArticle, django_assert_max_num_queries: Any
) -> None:
    article = make_article()
    Revision.objects.bulk_create(
        Revision(article_id=article.pk, number=n, title="Ports", content=str(n))
        for n in range(2, 46)
    )
    Article.objects.update(revision=45)
    with django_assert_max_num_queries(12):
        first = text_of(editor.get(url("article_history", "ports")))
    assert "Page 1 of 3" in first
    assert "ports@1<" not in first
    assert "ports@1/" not in first
    assert "ports@5" in text_of(editor.get(url("article_history", "ports"), {"page": "3"}))


def test_an_old_revision_is_shown_as_it_was(editor: Client, revised: Article) -> None:
    page = text_of(editor.get(url("article_revision", "ports", 1)))
    assert "This is revision 1 of 3" in page
    assert "The port is 80." in page
    assert "<h1>Ports</h1>" in page


def test_pictures_and_links_of_an_old_revision_lead_where_the_articles_do(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="[other](other) ![it](../images/0123456789abcdef01234567.png)")
    here = article.get_absolute_url().rpartition("/")[0]
    assert url("article_revision", "ports", 1).rpartition("/")[0] == here


@pytest.mark.parametrize("number", [0, 4, HUGE])
def test_a_revision_that_never_was_is_not_found(
    editor: Client, revised: Article, number: int
) -> None:
    assert editor.get(url("article_revision", "ports", number)).status_code == 404
    assert editor.post(url("revision_restore", "ports", number)).status_code == 404


@pytest.mark.parametrize("view", ["inline", "side"])
def test_two_revisions_are_compared_by_words(editor: Client, revised: Article, view: str) -> None:
    page = compare(editor, 1, 3, view)
    assert "[removed: </span>80<" in page
    assert "[added: </span>100<" in page
    assert "[added: </span>The <" in page.replace("port", "")  # the title


def test_the_older_one_comes_first_however_they_were_chosen(
    editor: Client, revised: Article
) -> None:
    assert "[removed: </span>80<" in compare(editor, 3, 1)


@pytest.mark.parametrize(("old", "new"), [("", 1), ("x", 1), (-1, 1), (1, "$ne"), (1, None)])
def test_c1_what_is_not_two_revisions_is_refused_in_words(
    editor: Client, revised: Article, old: Any, new: Any
) -> None:
    given = {name: value for name, value in {"old": old, "new": new}.items() if value is not None}
    page = editor.get(url("article_compare", "ports"), given, follow=True)
    assert "Choose two revisions" in text_of(page)


@pytest.mark.parametrize(("old", "new"), [(1, 4), (1, HUGE)])
def test_a_comparison_with_what_never_was_is_not_found(
    editor: Client, revised: Article, old: int, new: int
) -> None:
    found = editor.get(url("article_compare", "ports"), {"old": old, "new": new})
    assert found.status_code == 404


def test_equal_revisions_say_so(editor: Client, revised: Article) -> None:
    assert "Both revisions say the same" in compare(editor, 2, 2)


def test_restoring_makes_a_new_revision(editor: Client, revised: Article) -> None:
    restored = url("revision_restore", "ports", 1)
    page = editor.post(restored, {"seen": "3"}, follow=True)
    article = Article.objects.get()
    assert (article.revision, article.title, article.content) == (4, "Ports", "The port is 80.")
    assert article.pending
    assert Revision.objects.get(number=4).note == "Restored revision 1"
    assert "revision 4 says what revision 1 said" in text_of(page)


def test_restoring_over_a_newer_save_does_nothing_and_says_so(
    editor: Client, revised: Article
) -> None:
    edit_article(revised, seen=3, author=None, content="newer")
    page = editor.post(url("revision_restore", "ports", 1), {"seen": "3"}, follow=True)
    assert "Nothing was done" in text_of(page)
    assert Article.objects.get().content == "newer"


def test_restoring_what_is_there_already_makes_no_revision(
    editor: Client, revised: Article
) -> None:
    page = editor.post(url("revision_restore", "ports", 3), {"seen": "3"}, follow=True)
    assert "already says" in text_of(page)
    assert Article.objects.get().version == 3


def test_archiving_keeps_the_article_for_its_editors(editor: Client, revised: Article) -> None:
    page = editor.post(url("article_archive", "ports"), {"seen": "3"}, follow=True)
    assert "This article is archived" in text_of(page)
    assert "Publish again" in text_of(page)
    assert "Make it a draft" in text_of(page)
    assert Client().get(revised.get_absolute_url()).status_code == 404


def test_an_archived_article_comes_back_as_what_the_button_says(
    editor: Client, make_article: MakeArticle
) -> None:
    make_article(status=Status.ARCHIVED)
    editor.post(url("article_publish", "ports"), {"seen": "1"})
    assert Article.objects.get().status == Status.PUBLISHED
    editor.post(url("article_archive", "ports"), {"seen": "2"})
    editor.post(url("article_unpublish", "ports"), {"seen": "3"})
    assert Article.objects.get().status == Status.DRAFT
