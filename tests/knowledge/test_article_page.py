"""An article's page: rendered once, gated always, never a broken page."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from knowledge import article_page
from knowledge.models import Article, Revision, Role, Status, Visibility, Workspace
from knowledge.rendering import (
    VERSION,
    Rendered,
    RenderError,
    RenderTimeout,
    RenderUnavailable,
)

SECTIONS = "Intro.\n\n## One\n\ntext\n\n### Two\n\ntext"
Renders = Callable[..., None]


@pytest.fixture
def renders(monkeypatch: pytest.MonkeyPatch) -> Renders:
    """Decide what rendering comes to: HTML, or an exception."""

    def decide(outcome: str | Exception) -> None:
        def render(*_: object, **__: object) -> Rendered:
            if isinstance(outcome, Exception):
                raise outcome
            return Rendered(outcome, ())

        monkeypatch.setattr(article_page, "render", render)

    return decide


@pytest.mark.parametrize("content", [SECTIONS, "[only]: /a-definition"])
def test_a_revision_is_rendered_once(
    make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    article = make_article(content=content)
    first = article_page.article_page(article)
    monkeypatch.setattr(article_page, "render", lambda *_, **__: pytest.fail("rendered again"))
    assert article_page.article_page(article) == first
    assert not first.plain


def test_the_headings_are_kept_with_the_page(make_article: Callable[..., Article]) -> None:
    article = make_article(content=SECTIONS)
    for _ in range(2):
        contents = article_page.article_page(article).contents
        assert [heading["text"] for heading in contents] == ["One", "Two"]


def test_what_another_renderer_made_is_rendered_again(
    make_article: Callable[..., Article],
) -> None:
    article = make_article(content="new")
    Revision.objects.update(html="<p>old</p>", rendered_by="0")
    assert "new" in article_page.article_page(article).html
    assert Revision.objects.get().rendered_by == VERSION


def test_x1_html_that_was_stored_goes_through_the_gate_again(
    make_article: Callable[..., Article],
) -> None:
    article = make_article()
    Revision.objects.filter(article_id=article.pk).update(
        html="<script>alert(1)</script><p>a", rendered_by=VERSION
    )
    assert article_page.article_page(article).html == "<p>a</p>"


@pytest.mark.parametrize("failure", [RenderTimeout("too slow"), RenderError("too large")])
def test_an_article_that_cannot_be_rendered_is_tried_once_and_shown_as_it_was_written(
    make_article: Callable[..., Article], renders: Renders, failure: Exception
) -> None:
    article = make_article(content="<b>a</b>")
    renders(failure)
    first = article_page.article_page(article)
    renders("<p>tried again</p>")
    assert article_page.article_page(article) == first
    assert first.plain
    assert first.html == "<pre>&lt;b&gt;a&lt;/b&gt;</pre>"


def test_an_article_that_found_no_renderer_is_tried_again(
    make_article: Callable[..., Article], renders: Renders
) -> None:
    article = make_article(content="a")
    renders(RenderUnavailable("no child is free"))
    assert article_page.article_page(article).plain
    renders("<p>a</p>")
    assert article_page.article_page(article).html == "<p>a</p>"


def test_what_was_rendered_before_is_shown_while_no_renderer_is_free(
    make_article: Callable[..., Article], renders: Renders
) -> None:
    article = make_article()
    Revision.objects.update(html="<p>old</p>", rendered_by="0")
    renders(RenderUnavailable("no child is free"))
    assert article_page.article_page(article).html == "<p>old</p>"


def test_a_single_heading_makes_no_table_of_contents(
    make_article: Callable[..., Article],
) -> None:
    assert article_page.article_page(make_article(content="## One\n\ntext")).contents == ()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 200),
        ({"status": Status.DRAFT}, 404),
        ({"visibility": Visibility.MEMBERS}, 404),
        ({"visibility": Visibility.PRIVATE}, 404),
    ],
)
def test_t5_a_visitor_sees_what_is_published_for_everyone(
    client: Client, make_article: Callable[..., Article], fields: dict[str, str], status: int
) -> None:
    article = make_article(**fields)
    assert client.get(article.get_absolute_url()).status_code == status


def test_t5_an_unknown_workspace_and_a_closed_one_answer_alike(
    client: Client, make_workspace: Callable[..., Workspace]
) -> None:
    make_workspace("closed")
    answers = [client.get(f"/w/{slug}/") for slug in ("closed", "unknown")]
    pages = {re.sub(r"closed|unknown|\w{64}", "", a.content.decode()) for a in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(pages) == 1


def test_an_editor_sees_a_draft_and_where_to_edit_it(
    client: Client,
    workspace: Workspace,
    make_user: Callable[..., User],
    make_article: Callable[..., Article],
) -> None:
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    page = client.get(make_article(status=Status.DRAFT).get_absolute_url()).content.decode()
    assert "Draft: readers do not see it" in page
    assert "/w/team/a/ports/edit" in page


def test_the_page_says_when_it_was_last_indexed(
    client: Client, make_article: Callable[..., Article]
) -> None:
    page = client.get(make_article().get_absolute_url()).content.decode()
    assert "Not indexed yet" in page


def test_editors_are_told_of_the_index_by_the_live_badge_alone(
    client: Client, make_article: Callable[..., Article], make_user: Callable[..., User]
) -> None:
    article = make_article()
    client.force_login(make_user(workspace=article.workspace, role=Role.EDITOR))
    page = client.get(article.get_absolute_url()).content.decode()
    assert 'class="article__state"' in page
    assert "Not indexed yet" not in page


def test_tags_and_category_lead_to_the_articles_of_the_kind(
    client: Client, make_article: Callable[..., Article]
) -> None:
    article = make_article(tags=["a&b"], category="Guides")
    page = client.get(article.get_absolute_url()).content.decode()
    assert 'href="/w/team/browse/titles?tag=a%26b"' in page
    assert 'href="/w/team/browse/titles?category=Guides"' in page


def test_a_link_to_an_imported_file_leads_to_its_article(
    client: Client, make_article: Callable[..., Article]
) -> None:
    article = make_article(source_path="guide/a.md")
    response = client.get("/w/team/source/guide/a.md")
    assert response.headers["Location"] == article.get_absolute_url()


def test_t5_a_file_above_the_readers_scope_is_not_found(
    client: Client, make_article: Callable[..., Article]
) -> None:
    make_article(source_path="a.md", visibility=Visibility.PRIVATE)
    assert client.get("/w/team/source/a.md").status_code == 404
