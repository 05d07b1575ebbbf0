"""Lists of articles: what they show to whom, and that paging through them misses nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from knowledge.access import NOTHING, Rights, may_read, rights_in
from knowledge.browsing.cursors import InvalidCursor
from knowledge.browsing.list_form import ListForm
from knowledge.browsing.listing import ArticlePage, ListQuery, Sort, list_articles
from knowledge.editing import create_article, edit_article
from knowledge.models import Article, ProblemReport, Role, Status, Visibility, Workspace

MakeArticle = Callable[..., Article]
MakeUser = Callable[..., User]
EVERYONE = [None, *Role]


@pytest.fixture
def editor(workspace: Workspace, make_user: MakeUser) -> User:
    return make_user(workspace=workspace, role=Role.EDITOR)


@pytest.fixture
def rights(editor: User, workspace: Workspace) -> Rights:
    return rights_in(editor, workspace)


@pytest.fixture
def titles(rights: Rights, workspace: Workspace) -> Callable[..., list[str]]:
    """The titles on the first page of what a query asks for."""

    def titles(**asked: Any) -> list[str]:
        page = list_articles(rights, workspace, ListQuery(**asked))
        return [article.title for article in page.articles]

    return titles


@pytest.mark.parametrize("role", EVERYONE)
def test_t1_a_list_shows_exactly_what_may_be_read(
    workspace: Workspace, make_article: MakeArticle, make_user: MakeUser, role: Role | None
) -> None:
    for status in Status:
        for visibility in Visibility:
            make_article(f"{status} {visibility}", status=status, visibility=visibility)
    rights = rights_in(make_user(workspace=workspace, role=role), workspace)
    listed = {article.pk for article in list_articles(rights, workspace, ListQuery()).articles}
    assert listed == {article.pk for article in Article.objects.all() if may_read(rights, article)}


def test_t2_without_rights_nothing_is_listed(
    workspace: Workspace, make_article: MakeArticle
) -> None:
    make_article()
    for rights in (Rights(), Rights(scope=NOTHING, role=Role.ADMIN)):
        assert list_articles(rights, workspace, ListQuery()) == ArticlePage(())


def test_every_filter_leaves_what_it_names(
    titles: Callable[..., list[str]], make_article: MakeArticle, workspace: Workspace, editor: User
) -> None:
    make_article("Plain")
    make_article("Draft", status=Status.DRAFT)
    make_article("Tagged", tags=["net", "api"], category="Guides")
    make_article("Half tagged", tags=["net"], visibility=Visibility.PRIVATE)
    Article.objects.update(pending=False)
    written = create_article(workspace=workspace, author=editor, title="Hers", content="")
    ProblemReport.objects.create(
        workspace=workspace, article=written, revision=1, kind="wrong", reporter_key="x"
    )
    assert titles(status="draft") == ["Hers", "Draft"]
    assert titles(tags=("net",)) == ["Half tagged", "Tagged"]
    assert titles(tags=("net", "api")) == ["Tagged"]
    assert titles(category="Guides") == ["Tagged"]
    assert titles(visibility="private") == ["Half tagged"]
    assert titles(author="ADA") == titles(not_indexed=True) == titles(reported=True) == ["Hers"]
    assert titles(author="nobody") == titles(status="trashed") == []


def test_titles_are_found_by_beginnings_of_their_words(
    titles: Callable[..., list[str]], make_article: MakeArticle
) -> None:
    make_article("Über die next.config.js")
    make_article("An overview")
    for text in ("uber", "conf NEXT", "next.con", "ÜBER"):
        assert titles(text=text) == ["Über die next.config.js"]
    assert titles(text="ver") == titles(text=".*") == titles(text="over next") == []


def test_titles_sort_whatever_their_case_accents_and_quotes(
    titles: Callable[..., list[str]], make_article: MakeArticle
) -> None:
    for title in ("zebra", "“Quoted”", "Übung", "apple", "Banana"):
        make_article(title)
    assert titles(sort=Sort.TITLE) == ["apple", "Banana", "“Quoted”", "Übung", "zebra"]
    assert titles(sort=Sort.OLDEST) == titles(sort=Sort.NEWEST)[::-1]


def test_a_renamed_article_moves_to_its_new_place(
    titles: Callable[..., list[str]], make_article: MakeArticle
) -> None:
    make_article("B")
    edit_article(make_article("A"), seen=1, author=None, title="C")
    assert titles(sort=Sort.TITLE) == ["B", "C"]


def walk(
    rights: Rights, workspace: Workspace, sort: Sort, *, limit: int = 2
) -> Iterator[list[Article]]:
    """The pages from the first to the last, each read when it is asked for."""
    cursor, query = "", ListQuery(sort=sort)
    while True:
        page = list_articles(rights, workspace, query, cursor=cursor, limit=limit)
        yield list(page.articles)
        cursor = page.next_cursor
        if not cursor:
            return


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    sort=st.sampled_from(Sort),
    titles=st.lists(st.sampled_from(["a", "B", "b", "c"]), min_size=3, max_size=9),
    between=st.lists(
        st.tuples(st.booleans(), st.integers(0, 8), st.sampled_from("abz")), max_size=5
    ),
)
def test_a_walk_sees_what_stayed_exactly_once_whatever_comes_and_goes(
    workspace: Workspace, rights: Rights, sort: Sort, titles: list[str], between: list[Any]
) -> None:
    Article.objects.all().delete()
    there = [
        create_article(workspace=workspace, author=None, title=title, content="")
        for title in titles
    ]
    stayed, changes, seen = {article.pk for article in there}, iter(between), []
    for entries in walk(rights, workspace, sort):
        seen += [article.pk for article in entries]
        removes, which, title = next(changes, (False, 0, ""))
        if removes and which < len(there):
            stayed.discard(there[which].pk)
            Article.objects.filter(pk=there[which].pk).delete()
        elif title:
            create_article(workspace=workspace, author=None, title=title, content="")
    assert len(seen) == len(set(seen))
    assert stayed <= set(seen)


def test_pages_lead_back_the_way_they_came(
    workspace: Workspace, rights: Rights, make_article: MakeArticle
) -> None:
    for number in range(5):
        make_article(f"{number}")
    query = ListQuery(sort=Sort.TITLE)
    first = list_articles(rights, workspace, query, limit=2)
    second = list_articles(rights, workspace, query, limit=2, cursor=first.next_cursor)
    third = list_articles(rights, workspace, query, limit=2, cursor=second.next_cursor)
    assert [a.title for a in third.articles] == ["4"]
    assert (first.previous_cursor, third.next_cursor) == ("", "")
    back = list_articles(rights, workspace, query, limit=2, cursor=third.previous_cursor)
    assert back.articles == second.articles
    begin = list_articles(rights, workspace, query, limit=2, cursor=back.previous_cursor)
    assert begin.articles == first.articles
    assert begin.previous_cursor == ""


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "\x00", "é", "\ud800", "W10:1:x" * 500])
def test_c1_a_cursor_that_was_made_up_is_refused(
    workspace: Workspace, rights: Rights, cursor: str
) -> None:
    with pytest.raises(InvalidCursor):
        list_articles(rights, workspace, ListQuery(), cursor=cursor)


def test_t1_a_cursor_of_another_workspace_or_order_is_refused(
    workspace: Workspace,
    rights: Rights,
    make_article: MakeArticle,
    make_workspace: Callable[..., Workspace],
) -> None:
    for _ in range(2):
        make_article()
    cursor = list_articles(rights, workspace, ListQuery(), limit=1).next_cursor
    with pytest.raises(InvalidCursor):
        list_articles(rights, workspace, ListQuery(sort=Sort.OLDEST), cursor=cursor)
    elsewhere = make_workspace("other", visibility=Visibility.PUBLIC)
    with pytest.raises(InvalidCursor):
        list_articles(rights_in(AnonymousUser(), elsewhere), elsewhere, ListQuery(), cursor=cursor)


def test_a_page_takes_two_queries_and_no_content(
    workspace: Workspace,
    rights: Rights,
    editor: User,
    make_article: MakeArticle,
    django_assert_num_queries: Any,
) -> None:
    for title in "abc":
        create_article(workspace=workspace, author=editor, title=title, content="CANARY")
    make_article()
    with django_assert_num_queries(2):
        page = list_articles(rights, workspace, ListQuery())
        assert [str(article.author) for article in page.articles] == ["None", *["ada"] * 3]
        assert page.articles[0].get_absolute_url()
    assert all("content" in article.get_deferred_fields() for article in page.articles)


def test_a_page_holds_at_most_a_hundred(
    workspace: Workspace, rights: Rights, make_article: MakeArticle
) -> None:
    make_article()
    for limit in (-1, 0, 10**9):
        assert len(list_articles(rights, workspace, ListQuery(), limit=limit).articles) == 1


def test_a_query_string_says_what_to_list() -> None:
    form = ListForm(QueryDict("tag=a&tag=b,c&status=draft&not_indexed=1&sort=title&text=+x+"))
    assert form.is_valid()
    assert form.query() == ListQuery(
        status="draft", tags=("a", "b", "c"), not_indexed=True, sort=Sort.TITLE, text="x"
    )
    empty = ListForm(QueryDict(""))
    assert empty.is_valid()
    assert empty.query() == ListQuery()
    assert not empty.query().narrows


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("status=trashed", "status"),
        ("status[$ne]=x&visibility=all", "visibility"),
        ("sort=random", "sort"),
        ("category=" + "x" * 61, "category"),
        ("tag=%00", "tag"),
        ("author=%F0%9F%92%A9%E2%80%AE", "author"),
    ],
)
def test_c1_what_makes_no_sense_is_said_for_its_field(given: str, field: str) -> None:
    form = ListForm(QueryDict(given))
    assert not form.is_valid()
    assert set(form.errors) == {field}


def test_t5_who_wrote_is_no_filter_for_those_who_are_not_told(
    workspace: Workspace, make_user: Callable[..., User]
) -> None:
    ada = make_user("ada", workspace=workspace, role=Role.VIEWER)
    fields = {"status": Status.PUBLISHED, "visibility": Visibility.PUBLIC}
    create_article(workspace=workspace, author=ada, title="Hers", content="", **fields)
    asked = ListQuery(author="ada")
    for person, found in ((AnonymousUser(), 0), (ada, 1)):
        page = list_articles(rights_in(person, workspace), workspace, asked)
        assert len(page.articles) == found
