"""From a saved article to its chunks: what is written, what is reused, what can interfere."""

from collections.abc import Callable
from functools import partial

import pytest

from kbsite import mongo
from kbsite.documents import Document
from knowledge.editing import edit_article, purge_article, reindex_article
from knowledge.indexing import BadEmbedding, TooManySections, index_article
from knowledge.leasing import LeaseLost, lease_next
from knowledge.models import Article, Visibility
from knowledge.recipes import RecipeChanged
from tests.fakes.embedder import WordEmbedder

THREE_SECTIONS = "Intro.\n\n# One\n\nFirst.\n\n# Two\n\nSecond.\n"


def lease() -> Document:
    leased = lease_next("test")
    assert leased is not None
    return leased


def chunk_texts(article: Article) -> list[str]:
    found = mongo.chunks().find({"article_id": article.pk}).sort("chunk_index")
    return [document["text"] for document in found]


def indexed_text(article: Article) -> object:
    stored = mongo.articles().find_one({"_id": article.pk})
    assert stored is not None
    return stored["indexed"]


def test_an_article_becomes_one_chunk_for_each_section(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content=THREE_SECTIONS)
    indexed = index_article(lease(), embedder=WordEmbedder())
    article.refresh_from_db()
    assert indexed.chunks == indexed.embedded == len(chunk_texts(article)) == 3
    assert (article.indexed_revision, article.pending) == (1, False)


def test_the_article_keeps_what_was_indexed_of_it_until_the_next_swap(
    make_article: Callable[..., Article],
) -> None:
    article = make_article("Prices", "$title costs 5.")
    index_article(lease(), embedder=WordEmbedder())
    old = {"title": "Prices", "content": "$title costs 5."}
    assert indexed_text(article) == old
    edit_article(article, seen=1, author=None, content="It costs 6.")
    article.save()
    assert indexed_text(article) == old
    index_article(lease(), embedder=WordEmbedder())
    assert indexed_text(article) == {"title": "Prices", "content": "It costs 6."}


def test_what_is_saved_during_indexing_is_not_called_indexed(
    make_article: Callable[..., Article],
) -> None:
    article = make_article("Prices", "It costs 5.")
    save = partial(edit_article, article, seen=1, author=None, content="It costs 6.")
    index_article(lease(), embedder=WordEmbedder(save))
    assert indexed_text(article) == {"title": "Prices", "content": "It costs 5."}


def test_spans_point_into_the_revision(make_article: Callable[..., Article]) -> None:
    article = make_article(content=THREE_SECTIONS)
    index_article(lease(), embedder=WordEmbedder())
    for document in mongo.chunks().find({"article_id": article.pk}):
        assert THREE_SECTIONS[document["start"] : document["end"]] == document["text"]


def test_unchanged_chunks_are_not_embedded_again(make_article: Callable[..., Article]) -> None:
    article = make_article(content=THREE_SECTIONS)
    index_article(lease(), embedder=WordEmbedder())
    edit_article(article, seen=1, author=None, content=THREE_SECTIONS.replace("Second", "Third"))
    again = WordEmbedder()
    indexed = index_article(lease(), embedder=again)
    assert (indexed.chunks, indexed.embedded) == (3, 1)
    assert ["Third" in text for text in again.embedded] == [True]


def test_embeddings_are_not_shared_between_workspaces(
    make_article: Callable[..., Article], make_workspace: Callable[..., object]
) -> None:
    make_article(content=THREE_SECTIONS)
    index_article(lease(), embedder=WordEmbedder())
    make_article(content=THREE_SECTIONS, workspace=make_workspace("other"))
    assert index_article(lease(), embedder=WordEmbedder()).embedded == 3


def test_another_recipe_than_the_searched_one_writes_nothing(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content=THREE_SECTIONS)
    index_article(lease(), embedder=WordEmbedder())
    reindex_article(article)
    newer = WordEmbedder()
    newer.recipe = "words@2"
    with pytest.raises(RecipeChanged):
        index_article(lease(), embedder=newer)
    assert mongo.chunks().distinct("recipe") == ["words@1"]


def test_without_the_searched_embedder_everything_is_embedded_anew_by_the_configured_one(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content=THREE_SECTIONS)
    index_article(lease(), embedder=WordEmbedder())
    edit_article(article, seen=1, author=None, content=THREE_SECTIONS + "More.")
    other = WordEmbedder()
    other.recipe = "words@2"
    assert index_article(lease(), embedder=other, active="words@1").embedded == 3
    assert sorted(mongo.chunks().distinct("recipe")) == ["words@1", "words@2"]


def test_an_article_saved_during_indexing_stays_pending(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content=THREE_SECTIONS)
    save = partial(edit_article, article, seen=1, author=None, content="New.")
    index_article(lease(), embedder=WordEmbedder(before_batch=save))
    article.refresh_from_db()
    assert (article.revision, article.indexed_revision, article.pending) == (2, 1, True)


def test_chunks_carry_metadata_that_changed_during_indexing(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content="Text.")
    hide = partial(edit_article, article, seen=1, author=None, visibility=Visibility.PRIVATE)
    index_article(lease(), embedder=WordEmbedder(before_batch=hide))
    assert mongo.chunks().distinct("visibility", {"article_id": article.pk}) == ["private"]


def test_metadata_reaches_the_chunks_without_the_embedder(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content=THREE_SECTIONS)
    index_article(lease(), embedder=WordEmbedder())
    edit_article(article, seen=1, author=None, tags=["net"], category="Ops")
    assert mongo.chunks().count_documents({"tags": "net", "category": "Ops"}) == 3
    assert article.pending is False


def test_a_lost_lease_writes_nothing(make_article: Callable[..., Article]) -> None:
    article = make_article()
    leased = lease()
    mongo.articles().update_one({"_id": article.pk}, {"$set": {"lease_owner": "another"}})
    with pytest.raises(LeaseLost):
        index_article(leased, embedder=WordEmbedder())
    assert chunk_texts(article) == []


def test_an_article_purged_during_indexing_leaves_no_chunks(
    make_article: Callable[..., Article],
) -> None:
    article = make_article()
    with pytest.raises(LeaseLost):
        index_article(lease(), embedder=WordEmbedder(before_batch=lambda: purge_article(article)))
    assert mongo.chunks().count_documents({}) == 0


def test_vectors_that_are_not_numbers_are_refused(make_article: Callable[..., Article]) -> None:
    class Broken(WordEmbedder):
        def embed_documents(self, texts):  # type: ignore[no-untyped-def]
            return super().embed_documents(texts) * float("nan")

    make_article()
    with pytest.raises(BadEmbedding):
        index_article(lease(), embedder=Broken())


def test_an_empty_article_is_indexed_as_nothing(make_article: Callable[..., Article]) -> None:
    article = make_article(content="")
    assert index_article(lease(), embedder=WordEmbedder()).chunks == 0
    article.refresh_from_db()
    assert article.pending is False


def test_u2_an_article_of_too_many_sections_is_refused(
    make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.indexing.MAX_CHUNKS", 2)
    make_article(content=THREE_SECTIONS)
    with pytest.raises(TooManySections):
        index_article(lease(), embedder=WordEmbedder())
