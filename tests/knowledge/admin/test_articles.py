"""Articles in the admin panel go through compare-and-set and are deleted whole."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from kbsite import confirming, mongo
from knowledge.admin import articles as knowledge_admin
from knowledge.editing import Conflict, edit_article, trash_article
from knowledge.models import Article, Revision, Workspace
from tests.knowledge.admin.panel import MakeArticle, MakeUser, insert_parts, text_of, typed, url


def test_an_article_is_added_with_a_revision_and_an_author(
    boss: Client, workspace: Workspace
) -> None:
    response = boss.post(url("article_add"), typed(workspace=workspace.pk, tags="a, A", slug=""))
    article = Article.objects.get()
    assert response.status_code == 302
    assert (article.slug, article.tags, article.author) == ("ports", ["a"], User.objects.get())
    assert Revision.objects.get().article_id == article.pk
    assert LogEntry.objects.get().object_id == str(article.pk)


def test_an_edit_makes_a_revision_and_keeps_the_workers_fields(
    boss: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    Article.objects.update(lease_owner="w1", indexed_revision=1)
    boss.post(url("article_change", article.pk), typed(content="9000", seen="1", note="moved"))
    article.refresh_from_db()
    assert (article.content, article.revision, article.lease_owner) == ("9000", 2, "w1")
    newest = Revision.objects.get(number=2)
    assert (newest.author, newest.note) == (User.objects.get(), "moved")


def test_the_panel_leads_to_what_readers_see_and_takes_any_text_for_an_id(
    boss: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    page = text_of(boss.get(url("article_change", article.pk)))
    (detour,) = re.findall(r'href="(/admin/r/[^"]+)"', page)
    assert boss.get(detour)["Location"].endswith(article.get_absolute_url())
    assert boss.get("/admin/r/1/x/").status_code == 404


def test_archiving_reaches_the_chunks(boss: Client, make_article: MakeArticle) -> None:
    article = make_article(title="Ports", content="8000")
    insert_parts(article)
    boss.post(url("article_change", article.pk), typed(status="archived", seen="1"))
    chunk: Any = mongo.chunks().find_one()
    assert chunk["status"] == "archived"
    assert Article.objects.get().revision == 1


def test_an_edit_over_somebody_elses_is_a_form_error_and_keeps_what_was_typed(
    boss: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    edit_article(article, seen=1, author=None, content="THEIRS")
    address = url("article_change", article.pk)
    refused = boss.post(address, typed(content="MINE", seen="1"))
    assert "Somebody else saved this article" in text_of(refused)
    assert "MINE" in text_of(refused)
    assert Article.objects.get().content == "THEIRS"
    again = {field.name: field.value() or "" for field in refused.context["adminform"].form}
    assert boss.post(address, again).status_code == 302
    assert Article.objects.get().content == "MINE"
    assert Revision.objects.count() == 3


def test_a_save_between_validation_and_write_is_a_form_error_too(
    boss: Client, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = make_article()

    def overtaken(mine: Article, **changes: Any) -> bool:
        monkeypatch.undo()
        mongo.articles().update_one(
            {"_id": article.pk}, {"$set": {"content": "THEIRS"}, "$inc": {"version": 1}}
        )
        raise Conflict

    monkeypatch.setattr(knowledge_admin, "edit_article", overtaken)
    refused = boss.post(url("article_change", article.pk), typed(content="MINE", seen="1"))
    assert "Somebody else saved this article" in text_of(refused)
    assert "MINE" in text_of(refused)
    assert Article.objects.get().content == "THEIRS"


def test_an_address_that_exists_is_an_error_beside_it(
    boss: Client, workspace: Workspace, make_article: MakeArticle
) -> None:
    make_article(slug="taken")
    response = boss.post(url("article_add"), typed(workspace=workspace.pk, slug="taken"))
    assert "slug" in response.context["adminform"].form.errors
    assert Article.objects.count() == 1


def test_an_address_taken_between_validation_and_write_is_one_too(
    boss: Client,
    workspace: Workspace,
    make_article: MakeArticle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_article(slug="taken")

    def blind_once(slug: str, **kwargs: Any) -> None:
        monkeypatch.undo()

    monkeypatch.setattr("knowledge.admin.forms.check_slug_is_free", blind_once)
    response = boss.post(url("article_add"), typed(workspace=workspace.pk, slug="taken"))
    assert "slug" in response.context["adminform"].form.errors
    assert Article.objects.count() == Revision.objects.count() == 1


def test_an_article_does_not_move_to_another_workspace(
    boss: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    other = Workspace.objects.create(slug="other", name="Other")
    boss.post(url("article_change", article.pk), typed(workspace=other.pk, seen="1"))
    assert Article.objects.get().workspace_id == article.workspace_id


def test_deleting_articles_purges_their_parts(boss: Client, make_article: MakeArticle) -> None:
    one, two, kept = make_article(), make_article(), make_article()
    for article in (one, two, kept):
        insert_parts(article)
    page = text_of(boss.get(url("article_delete", one.pk)))
    assert "Revisions: 1" in page
    boss.post(url("article_delete", one.pk), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"}
    boss.post(url("article_changelist"), chosen)
    assert list(Article.objects.all()) == [kept]
    assert Revision.objects.count() == mongo.chunks().count_documents({}) == 1


def test_the_list_shows_the_index_state_and_asks_for_indexing_again(
    boss: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    Article.objects.update(pending=False, indexed_revision=1)
    assert "searchable" in text_of(boss.get(url("article_changelist")))
    chosen = {"action": "reindex", "_selected_action": [article.pk]}
    boss.post(url("article_changelist"), chosen)
    assert Article.objects.get().pending


@pytest.mark.parametrize("words", ["ports", "(", ".*", "$where", "\\", "<script>"])
def test_c1_searching_in_the_list_takes_any_words(
    boss: Client, make_article: MakeArticle, words: str
) -> None:
    make_article(title="Ports")
    response = boss.get(url("article_changelist"), {"q": words})
    assert response.context["cl"].result_count == (words == "ports")
    assert "<script>" not in text_of(response).replace('<script src="', "")


def test_the_list_does_not_load_texts(
    boss: Client, make_article: MakeArticle, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        make_article(content="CANARY")
    with django_assert_max_num_queries(12):
        boss.get(url("article_changelist"))


@pytest.mark.parametrize("words", ['"><img src=x onerror=alert(1)>', "<script>alert(1)</script>"])
def test_x1_titles_and_tags_are_text_in_the_panel(
    boss: Client, make_article: MakeArticle, words: str
) -> None:
    article = make_article(title=words, content=words, tags=[words], category=words)
    Article.objects.update(index_error=words)
    for page in ("changelist",), ("change", article.pk), ("delete", article.pk):
        assert words not in text_of(boss.get(url(f"article_{page[0]}", *page[1:])))


def chosen(action: str, *articles: Article, **more: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [each.pk for each in articles], **more}


def confirmed(action: str, *articles: Article, **more: Any) -> dict[str, Any]:
    """The answer to the page that asks, about the articles as they were given here."""
    seen = {f"seen-{each.pk}": each.version for each in articles}
    return chosen(action, *articles, confirmed="yes", **seen, **more)


def test_archiving_several_asks_first_and_reaches_the_chunks(
    boss: Client, make_article: MakeArticle
) -> None:
    one, two = make_article("One"), make_article("Two")
    insert_parts(one)
    page = boss.post(url("article_changelist"), chosen("archive", one, two))
    assert "Archive these articles?" in text_of(page)
    assert f'name="seen-{one.pk}" value="1"' in text_of(page)
    assert set(Article.objects.values_list("status", flat=True)) == {"published"}
    boss.post(url("article_changelist"), confirmed("archive", one, two))
    assert set(Article.objects.values_list("status", flat=True)) == {"archived"}
    chunk: Any = mongo.chunks().find_one()
    assert chunk["status"] == "archived"
    assert LogEntry.objects.count() == 2


def test_archiving_takes_nothing_out_of_the_trash_and_says_so(
    boss: Client, make_article: MakeArticle
) -> None:
    kept, gone = make_article("Kept"), make_article("Gone")
    trash_article(gone, seen=1, author=None)
    page = boss.post(url("article_changelist"), chosen("archive", kept, gone))
    assert "they are in the trash: 1" in text_of(page)
    assert f"seen-{kept.pk}" in text_of(page)
    assert f"seen-{gone.pk}" not in text_of(page)
    gone.refresh_from_db()
    boss.post(url("article_changelist"), confirmed("archive", gone))
    gone.refresh_from_db()
    assert gone.status == "trashed"


def test_an_article_saved_since_the_question_is_left_and_said(
    boss: Client, make_article: MakeArticle
) -> None:
    mine, theirs = make_article("Mine"), make_article("Theirs")
    answer = confirmed("archive", mine, theirs)
    edit_article(theirs, seen=1, author=None, content="NEW")
    page = boss.post(url("article_changelist"), answer, follow=True)
    assert "Archived: 1" in text_of(page)
    assert "Left as they are: 1. Somebody saved them meanwhile." in text_of(page)
    theirs.refresh_from_db()
    assert (theirs.status, theirs.content) == ("published", "NEW")


def test_articles_are_given_to_another_author(
    boss: Client, make_article: MakeArticle, make_user: MakeUser
) -> None:
    article, ada = make_article(), make_user("ada")
    page = boss.post(url("article_changelist"), confirmed("change_author", article, author="bob"))
    assert "Nobody has this user name" in text_of(page)
    boss.post(url("article_changelist"), confirmed("change_author", article, author="ADA"))
    article.refresh_from_db()
    assert (article.author, article.version, article.revision) == (ada, 2, 1)


@pytest.mark.parametrize("seen", ["", "0", "-1", "1e9", "9" * 30, "x"])
def test_an_action_without_a_version_it_saw_does_nothing(
    boss: Client, make_article: MakeArticle, seen: str
) -> None:
    article = make_article()
    data = chosen("archive", article, confirmed="yes") | {f"seen-{article.pk}": seen}
    boss.post(url("article_changelist"), data)
    assert Article.objects.get().status == "published"


def test_at_most_so_many_at_a_time(
    boss: Client, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MOST_AT_ONCE", 1)
    both = chosen("archive", make_article("One"), make_article("Two"))
    page = boss.post(url("article_changelist"), both, follow=True)
    assert "Choose at most 1 at a time" in text_of(page)


@pytest.mark.parametrize(
    ("searches", "found"),
    [("searchable", "A"), ("not", "B"), ("waiting", "C"), ("failed", "D"), ("x", "ABCD")],
)
def test_the_list_narrows_by_how_far_search_has_followed(
    boss: Client, make_article: MakeArticle, searches: str, found: str
) -> None:
    states: dict[str, dict[str, Any]] = {
        "A": {"pending": False},
        "B": {"pending": False, "status": "draft"},
        "C": {"pending": True},
        "D": {"pending": True, "index_error": "no model"},
    }
    for title, state in states.items():
        Article.objects.filter(pk=make_article(title).pk).update(**state)
    page = boss.get(url("article_changelist"), {"searches": searches})
    titles = {each.title for each in page.context["cl"].result_list} if page.context else set()
    assert titles == set(found)
