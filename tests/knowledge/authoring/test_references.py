"""What the links of articles lead to: noted when they are rendered, judged by who reads them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from kbsite import mongo
from knowledge import article_page
from knowledge.article_html import article_html
from knowledge.article_page import lay_out_newest
from knowledge.authoring.image_addresses import image_address
from knowledge.authoring.references import Finding, broken_references
from knowledge.editing import edit_article, trash_article
from knowledge.links import MAX_REFERENCES
from knowledge.models import Article, Revision, Role, Status, Visibility, Workspace
from knowledge.rendering import VERSION, RenderError
from knowledge.worker import Worker
from tests.fakes.embedder import WordEmbedder

MakeArticle = Callable[..., Article]


def referred(source: str, **about: str) -> list[tuple[str, str, str]]:
    _, _, found = article_html(source, **{"title": "", **about})
    return [(one.kind, one.target, one.text) for one in found]


def findings(workspace: Workspace) -> list[Finding]:
    list(lay_out_newest())
    return broken_references(workspace).findings


def test_links_and_images_of_this_site_are_noted() -> None:
    source = "[*the* other](other) ![a port](../images/a.png) [x](https://e.org) [y](mailto:a@b.c)"
    assert referred(source) == [
        ("link", "other", "the other"),
        ("image", "../images/a.png", "a port"),
    ]


def test_a_place_in_the_page_is_noted_only_where_there_is_none() -> None:
    assert referred("# One\n\n[a](#one) [b](#two) [c](#)") == [("anchor", "#s-two", "b")]
    assert referred("# Title\n\n[a](#title)", title="Title") == []


def test_files_of_an_imported_folder_are_noted_as_the_page_links_them() -> None:
    assert referred("[b](../b.md#x)", source_path="guide/a.md") == [
        ("link", "../source/b.md#s-x", "b")
    ]


def test_x6_a_page_of_links_is_noted_in_time_and_bounded() -> None:
    found = referred(" ".join(f"[a](x{n})" for n in range(20_000)))
    assert len(found) == MAX_REFERENCES


@pytest.fixture
def other(make_article: MakeArticle) -> Article:
    return make_article("Other", "text", slug="other")


def test_what_leads_somewhere_is_not_listed(
    workspace: Workspace, make_article: MakeArticle, other: Article
) -> None:
    image = mongo.images().upload_from_stream("x", b"x", metadata={"workspace_id": workspace.pk})
    make_article("File", source_path="b.md")
    targets = ["other", "other#s-x", "../a/other?x=1", "/w/team/a/other", "./other", "../", "/"]
    targets += ["../source/b.md", "../articles/", "//elsewhere/x", "/w/elsewhere/a/x"]
    links = " ".join(f"[x]({target})" for target in targets)
    make_article("Links", f"{links} ![x]({image_address(image, 'png')})")
    assert findings(workspace) == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("nowhere", "no such article"),
        ("../a/no%20where", "no such article"),
        ("/w/team/a/nowhere", "no such article"),
        ("../source/gone.md", "no such article"),
        ("../nowhere/x/y", "no such page"),
        ("http:nowhere", None),
        ("#nowhere", "no such section"),
    ],
)
def test_what_leads_nowhere_is_listed_with_the_reason(
    workspace: Workspace, make_article: MakeArticle, target: str, why: str | None
) -> None:
    make_article("Links", f"[x]({target})")
    assert [why in one.why if why else "" for one in findings(workspace)] == [True] * bool(why)


@pytest.mark.parametrize(
    "target", ["../images/0123456789abcdef01234567.png", "logo.png", "/w/team/images/a.png"]
)
def test_images_that_are_not_there_are_listed(
    workspace: Workspace, make_article: MakeArticle, target: str
) -> None:
    make_article("Links", f"![A port]({target})")
    (found,) = findings(workspace)
    assert (found.kind, found.text, found.why) == ("image", "A port", "There is no such image.")


def test_t1_an_image_of_another_workspace_is_none_here(
    workspace: Workspace, make_workspace: Callable[..., Workspace], make_article: MakeArticle
) -> None:
    theirs = {"workspace_id": make_workspace("theirs").pk}
    image = mongo.images().upload_from_stream("x", b"x", metadata=theirs)
    make_article("Links", f"![x]({image_address(image, 'png')})")
    assert [one.why for one in findings(workspace)] == ["There is no such image."]


def test_t5_what_another_workspace_holds_is_not_told(
    workspace: Workspace, make_workspace: Callable[..., Workspace], make_article: MakeArticle
) -> None:
    make_article("Secret", slug="secret", workspace=make_workspace("closed"))
    make_article("Links", "[x](/w/closed/a/secret) [y](/w/closed/a/none) [z](secret)")
    assert [one.target for one in findings(workspace)] == ["secret"]


def test_an_article_in_the_trash_is_said_to_be_there(
    workspace: Workspace, make_article: MakeArticle, other: Article
) -> None:
    make_article("Links", "[x](other)")
    trash_article(other, seen=1, author=None)
    assert [one.why for one in findings(workspace)] == ["“Other” is in the trash."]


def test_articles_in_the_trash_are_not_looked_at(
    workspace: Workspace, make_article: MakeArticle
) -> None:
    trash_article(make_article("Links", "[x](nowhere)"), seen=1, author=None)
    assert findings(workspace) == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("public", "private", True),
        ("members", "private", True),
        ("private", "private", False),
        ("private", "public", False),
        ("public", "members", True),
    ],
)
def test_a_link_that_not_all_readers_can_follow_is_listed(
    workspace: Workspace, make_article: MakeArticle, source: str, target: str, said: bool
) -> None:
    make_article("Target", slug="target", visibility=target)
    make_article("Links", "[x](target)", visibility=source)
    assert ["fewer readers" in one.why for one in findings(workspace)] == [True] * said


def test_in_a_workspace_of_members_public_articles_have_no_more_readers(
    workspace: Workspace, make_article: MakeArticle
) -> None:
    make_article("Target", slug="target", visibility=Visibility.MEMBERS)
    make_article("Links", "[x](target)")
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    assert findings(Workspace.objects.get()) == []


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ARCHIVED])
def test_a_link_to_what_is_not_published_is_listed_only_where_readers_see_it(
    workspace: Workspace, make_article: MakeArticle, status: Status
) -> None:
    make_article("Target", slug="target", status=status)
    make_article("Links", "[x](target)")
    make_article("Draft", "[x](target)", status=Status.DRAFT)
    (found,) = findings(workspace)
    assert (found.title, "not published" in found.why) == ("Links", True)


def test_an_old_address_is_a_hint_after_what_is_broken(
    workspace: Workspace, make_article: MakeArticle, other: Article
) -> None:
    make_article("A", "[x](other)")
    make_article("B", "[x](nowhere)")
    edit_article(other, seen=1, author=None, slug="renamed")
    assert [(one.title, one.works) for one in findings(workspace)] == [("B", False), ("A", True)]
    assert "“renamed”" in findings(workspace)[1].why


def test_the_newest_revision_counts(workspace: Workspace, make_article: MakeArticle) -> None:
    article = make_article("Links", "[x](nowhere)")
    edit_article(article, seen=1, author=None, content="no link")
    assert findings(workspace) == []


def test_indexing_notes_the_links_without_a_visit(make_article: MakeArticle) -> None:
    make_article("Links", "[x](nowhere)")
    list(Worker(embedder=WordEmbedder()).drain())
    revision = Revision.objects.get()
    assert [one["target"] for one in revision.references] == ["nowhere"]
    assert revision.rendered_by == VERSION


@pytest.mark.parametrize("failure", [RenderError("too slow"), RuntimeError("SECRET")])
def test_an_article_that_cannot_be_rendered_is_searchable_all_the_same(
    make_article: MakeArticle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(article_page, "render", fail)
    article = make_article()
    list(Worker(embedder=WordEmbedder()).drain())
    article.refresh_from_db()
    assert (article.pending, article.index_error) == (False, "")
    assert "SECRET" not in caplog.text


def test_what_another_renderer_made_is_said_to_be_unread_until_the_worker_has_rendered_it(
    workspace: Workspace, make_article: MakeArticle
) -> None:
    article = make_article("Links", "[x](nowhere)")
    edit_article(article, seen=1, author=None, content="[y](nowhere)")
    Revision.objects.update(rendered_by="1", html="<p>old</p>")
    Article.objects.update(pending=False)
    assert broken_references(workspace).unread == 1
    Worker(embedder=WordEmbedder()).sweep()
    assert broken_references(workspace).unread == 0
    assert Revision.objects.get(number=1).rendered_by == "1"


def test_the_page_shows_them_by_a_fixed_number_of_queries(
    client: Client,
    workspace: Workspace,
    make_user: Callable[..., User],
    make_article: MakeArticle,
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    for number in range(4):
        make_article(f"Links {number}", " ".join(f"[x{n}](none-{n})" for n in range(20)))
    list(lay_out_newest())
    with django_assert_max_num_queries(12):
        page = client.get("/w/team/broken-links/").content.decode()
    assert "80 broken" in page
    assert "Page 1 of 2" in page
    assert "none-0" in page
