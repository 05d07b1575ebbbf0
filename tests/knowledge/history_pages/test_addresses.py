"""Links hold when articles are renamed: an old address leads to the article that had it last."""

import pytest
from django.test import Client

from knowledge.editing import edit_article, restore_article, trash_article
from knowledge.models import Article, Visibility
from tests.knowledge.editor_pages.pages import MakeArticle, url


def rename(article: Article, *slugs: str) -> Article:
    for slug in slugs:
        edit_article(article, seen=article.version, author=None, slug=slug)
    return article


def leads_to(client: Client, slug: str) -> str | int:
    """The slug that the address leads to, or the status where it leads nowhere."""
    found = client.get(url("article", slug), follow=True)
    if found.status_code != 200:
        return found.status_code
    return str(found.context["article"].slug)


def test_every_earlier_address_leads_to_the_newest(
    client: Client, make_article: MakeArticle
) -> None:
    rename(make_article(slug="a"), "b", "c")
    assert [leads_to(client, slug) for slug in "abc"] == ["c", "c", "c"]


def test_a_new_article_takes_an_old_address_over(client: Client, make_article: MakeArticle) -> None:
    rename(make_article(slug="a"), "b")
    make_article("New", slug="a")
    assert [leads_to(client, slug) for slug in "ab"] == ["a", "b"]


def test_renaming_back_leaves_no_loop(client: Client, make_article: MakeArticle) -> None:
    rename(make_article(slug="a"), "b", "a")
    assert [leads_to(client, slug) for slug in "ab"] == ["a", "a"]


def test_two_articles_that_swap_addresses_keep_them(
    client: Client, make_article: MakeArticle
) -> None:
    one, two = make_article("One", slug="a"), make_article("Two", slug="b")
    rename(one, "c")
    rename(two, "a")
    rename(one, "b")
    titles = [client.get(url("article", slug), follow=True).context["article"] for slug in "abc"]
    assert [article.title for article in titles] == ["Two", "One", "One"]


def test_an_address_leads_nowhere_from_the_trash_and_again_after_it(
    client: Client, make_article: MakeArticle
) -> None:
    article = rename(make_article(slug="a"), "b")
    trash_article(article, seen=2, author=None)
    assert [leads_to(client, slug) for slug in "ab"] == [404, 404]
    restore_article(article, seen=3, author=None)
    assert [leads_to(client, slug) for slug in "ab"] == ["b", "b"]


@pytest.mark.parametrize("slug", ["a", "b"])
def test_t5_an_old_address_tells_nothing_of_what_one_may_not_read(
    client: Client, make_article: MakeArticle, slug: str
) -> None:
    rename(make_article(slug="a", visibility=Visibility.PRIVATE), "b")
    assert leads_to(client, slug) == 404
