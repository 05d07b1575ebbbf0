"""Continue where you were, and what the first page has for whom."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from knowledge.browsing import reading_positions
from knowledge.browsing.problem_reports import report_problem
from knowledge.browsing.reading_positions import continuations, record_visit
from knowledge.editing import edit_article
from knowledge.models import Article, Draft, Membership, ReadingPosition, Visibility, Workspace
from knowledge.workspaces import archive_workspace
from tests.knowledge.browsing.pages import MakeArticle, MakeWorkspace, text_of, url

TEXT = "Begin.\n\n## Change the port\n\nSet PORT.\n"


def read(client: Client, article: Article, section: str = "") -> None:
    assert client.get(article.get_absolute_url()).status_code == 200
    if section:
        address = url("article_reading", article.slug)
        assert client.post(address, {"section": section}).status_code == 204


def home(client: Client) -> str:
    return text_of(client.get(reverse("home")))


def test_home_and_the_workspace_lead_back_to_the_section(
    reader: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=TEXT)
    read(reader, article, "s-change-the-port")
    for shown in (home(reader), text_of(reader.get(url("search")))):
        assert "Ports › Change the port" in shown
        assert article.get_absolute_url() + "#s-change-the-port" in shown
    assert "Continue" not in text_of(reader.get(url("search"), {"q": " "}))


def test_a_section_that_the_article_has_not_is_not_kept(
    reader: Client, make_article: MakeArticle
) -> None:
    article = make_article(content=TEXT)
    read(reader, article, "x' onload=alert(1)")
    assert ReadingPosition.objects.get().anchor == ""


def test_t6_only_what_may_still_be_read_is_offered(
    reader: Client, make_article: MakeArticle
) -> None:
    hidden, closed = make_article("Hidden"), make_article("Closed", visibility="members")
    read(reader, hidden)
    read(reader, closed)
    edit_article(hidden, seen=1, author=None, visibility=Visibility.PRIVATE)
    assert "Hidden" not in home(reader)
    assert "Closed" in home(reader)
    Membership.objects.all().delete()
    assert "Closed" not in home(reader)


def test_nothing_is_kept_of_a_guest(client: Client, make_article: MakeArticle) -> None:
    article = make_article()
    read(client, article)
    assert client.post(url("article_reading", article.slug), {"section": ""}).status_code == 302
    assert not ReadingPosition.objects.exists()


def test_only_the_newest_visits_are_kept(
    reader: Client, make_article: MakeArticle, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reading_positions, "KEPT", 2)
    rita = User.objects.get(username="rita")
    articles = [make_article(f"{number}") for number in range(3)]
    for article in [*articles, articles[1]]:
        record_visit(rita, article)
    kept = [each.article.title for each in continuations(rita, most=9)]
    assert kept == ["1", "2"]


def test_a_reader_can_have_it_forgotten(reader: Client, make_article: MakeArticle) -> None:
    read(reader, make_article())
    assert reader.post(reverse("knowledge:forget_reading")).status_code == 302
    assert not ReadingPosition.objects.exists()


def test_home_shows_editors_what_waits_for_them(
    editor: Client, reader: Client, workspace: Workspace, make_article: MakeArticle
) -> None:
    report_problem(make_article(), kind="wrong", note="", reporter=None, key="x")
    Draft.objects.create(user=User.objects.get(username="ada"), workspace=workspace, key="new")
    assert "1 report by readers" in home(editor)
    assert "1 unfinished draft" in home(editor)
    assert "Waiting for you" not in home(reader)


def test_archived_workspaces_stand_apart(reader: Client, make_workspace: MakeWorkspace) -> None:
    archive_workspace(make_workspace("old", visibility=Visibility.PUBLIC))
    shown = home(reader)
    assert shown.index("Archived workspaces") < shown.index('href="/w/old/"', shown.index("<main"))


def test_home_asks_as_much_for_many_workspaces_as_for_two(
    reader: Client,
    make_article: MakeArticle,
    make_workspace: MakeWorkspace,
) -> None:
    def visited(slug: str) -> None:
        space = make_workspace(slug, visibility=Visibility.PUBLIC)
        record_visit(User.objects.get(username="rita"), make_article(workspace=space))

    visited("one")
    with CaptureQueriesContext(connection) as for_two:
        home(reader)
    for number in range(5):
        visited(f"space-{number}")
    with CaptureQueriesContext(connection) as for_many:
        home(reader)
    assert len(for_many) == len(for_two) == 14
