"""An article's page: rendered once, gated always, never a broken page."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from knowledge import article_page
from knowledge.models import Article, Revision, Role, Status, Visibility, Workspace
from knowledge.rendering import Rendered, RenderTimeout

SECTIONS = "Intro.\n\n## One\n\ntext\n\n### Two\n\ntext"


def test_a_revision_is_rendered_once(
    make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    article = make_article(content=SECTIONS)
    first = article_page.article_page(article)
    monkeypatch.setattr(article_page, "render", lambda *_, **__: pytest.fail("rendered again"))
    assert article_page.article_page(article) == first
    assert [heading["text"] for heading in first.contents] == ["One", "Two"]


def test_x1_html_that_was_stored_goes_through_the_gate_again(
    make_article: Callable[..., Article],
) -> None:
    article = make_article()
    Revision.objects.filter(article_id=article.pk).update(html="<script>alert(1)</script><p>a")
    assert "script" not in article_page.article_page(article).html


def test_an_article_that_cannot_be_rendered_is_shown_as_it_was_written(
    make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_: object, **__: object) -> Rendered:
        raise RenderTimeout("too slow")

    monkeypatch.setattr(article_page, "render", time_out)
    page = article_page.article_page(make_article(content="<b>a</b>"))
    assert page.plain
    assert page.html == "<pre>&lt;b&gt;a&lt;/b&gt;</pre>"


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


def test_tags_and_category_lead_to_the_narrowed_search(
    client: Client, make_article: Callable[..., Article]
) -> None:
    article = make_article(tags=["a&b"], category="Guides")
    page = client.get(article.get_absolute_url()).content.decode()
    assert 'href="/w/team/?tag=a%26b"' in page
    assert 'href="/w/team/?category=Guides"' in page


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
