"""Writing articles: compare-and-set, revisions, and what reaches the chunks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from bson import ObjectId
from django.db import IntegrityError, connection

from kbsite import mongo
from knowledge import editing
from knowledge.models import Article, Revision, Status, Visibility, Workspace

MakeArticle = Callable[..., Article]


def insert_chunk(article: Article) -> None:
    chunk: Any = {
        "_id": ObjectId(),
        "article_id": article.pk,
        "workspace_id": str(article.workspace_id),
        "chunk_index": 0,
        "revision": 1,
        "status": str(article.status),
        "tags": [],
    }
    mongo.chunks().insert_one(chunk)


def edit(article: Article, **changes: Any) -> bool:
    return editing.edit_article(article, seen=article.version, author=None, **changes)


def test_a_new_article_has_a_first_revision_and_waits_for_the_index(
    make_article: MakeArticle,
) -> None:
    article = make_article(title="Ports", content="8000")
    assert (article.slug, article.pending, article.revision) == ("ports", True, 1)
    assert Revision.objects.get(article_id=article.pk).content == "8000"


def test_equal_titles_get_numbered_slugs(make_article: MakeArticle) -> None:
    assert [make_article(title="Ports").slug for _ in range(3)] == ["ports", "ports-2", "ports-3"]


def test_titles_that_run_out_of_numbers_or_have_no_ascii_get_a_slug_too(
    make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "SLUG_NUMBERS", 2)
    slugs = [make_article(title=title).slug for title in ["Ports", "Ports", "Ports", "港口"]]
    assert len(set(slugs)) == 4
    assert slugs[3].startswith("article-")


def test_a_given_slug_that_exists_is_refused(make_article: MakeArticle) -> None:
    make_article(slug="ports")
    with pytest.raises(editing.SlugTaken):
        make_article(slug="ports")


def test_an_edit_of_the_text_makes_a_revision_and_asks_for_indexing(
    make_article: MakeArticle,
) -> None:
    article = make_article()
    Article.objects.filter(pk=article.pk).update(pending=False, attempts=3, index_error="down")
    assert edit(article, content="9000", note="moved")
    assert (article.revision, article.pending, article.index_error) == (2, True, "")
    assert Revision.objects.get(article_id=article.pk, number=2).note == "moved"


def test_an_edit_of_the_metadata_makes_no_revision_and_asks_for_no_indexing(
    make_article: MakeArticle,
) -> None:
    article = make_article()
    Article.objects.filter(pk=article.pk).update(pending=False)
    assert edit(article, tags=["net"], summary="short")
    assert (article.revision, article.version, article.pending) == (1, 2, False)


def test_metadata_reaches_the_chunks_as_plain_text(make_article: MakeArticle) -> None:
    article = make_article()
    insert_chunk(article)
    edit(article, tags=["net"], status=Status.ARCHIVED, visibility=Visibility.PRIVATE)
    chunk: Any = mongo.chunks().find_one({"article_id": article.pk})
    assert (chunk["tags"], chunk["status"]) == (["net"], "archived")
    assert chunk["visibility"] == "private"


def test_an_edit_that_changes_nothing_writes_nothing(make_article: MakeArticle) -> None:
    article = make_article()
    assert not edit(article, title=article.title, content=article.content)
    assert Article.objects.get(pk=article.pk).version == 1


def test_the_second_of_two_edits_is_refused(make_article: MakeArticle) -> None:
    article = make_article()
    other = Article.objects.get(pk=article.pk)
    edit(other, content="theirs")
    with pytest.raises(editing.Conflict):
        edit(article, content="mine")
    assert Article.objects.get(pk=article.pk).content == "theirs"
    assert Revision.objects.filter(article_id=article.pk).count() == 2


def test_of_edits_at_the_same_moment_exactly_one_is_saved(make_article: MakeArticle) -> None:
    article = make_article()
    together = Barrier(4)

    def attempt(number: int) -> bool:
        mine = Article.objects.get(pk=article.pk)
        together.wait()
        try:
            return edit(mine, content=f"text {number}")
        except editing.Conflict:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert Revision.objects.filter(article_id=article.pk).count() == 2


def test_a_slug_that_exists_is_refused_and_nothing_else_is_saved(
    make_article: MakeArticle,
) -> None:
    make_article(slug="taken")
    article = make_article(slug="mine")
    with pytest.raises(editing.SlugTaken):
        edit(article, slug="taken", content="lost?")
    assert Revision.objects.filter(article_id=article.pk).count() == 1


@pytest.mark.parametrize("field", ["workspace", "author", "revision", "pending", "source_path"])
def test_fields_that_nobody_edits_are_refused(make_article: MakeArticle, field: str) -> None:
    with pytest.raises(TypeError):
        edit(make_article(), **{field: "x"})


def test_unpublishing_makes_a_draft(make_article: MakeArticle) -> None:
    article = make_article()
    editing.unpublish_article(article, seen=article.version, author=None)
    assert Article.objects.get(pk=article.pk).status == Status.DRAFT


def test_a_purge_leaves_nothing_of_the_article_and_all_of_the_others(
    make_article: MakeArticle,
) -> None:
    article, other = make_article(), make_article()
    for each in (article, other):
        insert_chunk(each)
    editing.purge_article(article)
    assert list(Article.objects.all()) == [other]
    assert Revision.objects.get().article_id == other.pk
    assert mongo.chunks().distinct("article_id") == [other.pk]


def test_indexing_again_starts_at_once(make_article: MakeArticle) -> None:
    article = make_article()
    Article.objects.filter(pk=article.pk).update(pending=False, attempts=9, index_error="down")
    editing.reindex_article(article)
    article.refresh_from_db()
    assert (article.pending, article.attempts, article.index_error) == (True, 0, "")


def test_a_duplicate_other_than_the_slug_is_not_taken_for_one(
    make_article: MakeArticle, workspace: Workspace
) -> None:
    make_article(source_path="a.md")
    with pytest.raises(IntegrityError):
        make_article(source_path="a.md")
    assert Article.objects.filter(workspace_id=workspace.pk).count() == 1
