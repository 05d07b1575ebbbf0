"""Reports: who may make and see them, one open for each person and article, resolving."""

from typing import Any

import pytest
from django.test import Client

from kbsite import mongo
from knowledge.browsing.problem_reports import (
    MOST_OPEN,
    MOST_OPEN_OF_GUESTS,
    NotTaken,
    report_problem,
)
from knowledge.editing import trash_article
from knowledge.models import Article, ProblemReport, Status, Workspace
from knowledge.workspaces import archive_workspace
from tests.knowledge.browsing.pages import MakeArticle, said, text_of, url

NOTE = "<script>alert(1)</script> the port is 80\nnow"


def report(client: Client, article: Article, kind: str = "wrong", note: str = NOTE) -> str:
    address = url("article_report", article.slug)
    return said(client.post(address, {"kind": kind, "note": note}))


def test_a_guest_reports_once_and_is_known_again(make_article: MakeArticle) -> None:
    guest, article = Client(), make_article()
    assert "Report a problem" in text_of(guest.get(article.get_absolute_url()))
    assert "editors of this article see your report" in report(guest, article)
    assert "reported this article already" in report(guest, article, kind="outdated")
    (kept,) = ProblemReport.objects.all()
    assert (kept.kind, kept.note, kept.reporter, kept.revision) == ("wrong", NOTE, None, 1)


def test_x1_editors_see_the_note_as_text_and_resolve_it(
    editor: Client, reader: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    report(reader, article)
    for address in (article.get_absolute_url(), url("reports")):
        shown = text_of(editor.get(address))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; the port is 80" in shown
        assert "<script>alert" not in shown
    assert "rita" in shown
    kept = ProblemReport.objects.get()
    assert "No reports are open" in said(editor.post(url("report_resolve", str(kept.pk))))
    resolved = text_of(editor.get(url("reports"), {"show": "resolved"}))
    assert "by ada" in resolved
    assert "had resolved it already" in said(editor.post(url("report_resolve", str(kept.pk))))
    assert "see your report" in report(reader, article)  # another may be made


def test_t5_readers_see_no_reports(reader: Client, make_article: MakeArticle) -> None:
    article = make_article()
    report(reader, article)
    kept = ProblemReport.objects.get()
    assert "the port is 80" not in text_of(reader.get(article.get_absolute_url()))
    assert reader.get(url("reports")).status_code == 404
    assert reader.post(url("report_resolve", str(kept.pk))).status_code == 404
    assert ProblemReport.objects.get().resolved_at is None


def test_t5_a_report_of_another_workspace_is_not_resolved(
    editor: Client, make_article: MakeArticle
) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    theirs = report_problem(
        make_article(workspace=other), kind="wrong", note="", reporter=None, key="x"
    )
    for given in (str(theirs.pk), "no-id"):
        assert editor.post(url("report_resolve", given)).status_code == 404


def test_t5_nobody_reports_what_they_may_not_read(
    reader: Client, make_article: MakeArticle
) -> None:
    article = make_article(status=Status.DRAFT)
    response = reader.post(url("article_report", article.slug), {"kind": "wrong"})
    assert response.status_code == 404
    assert not ProblemReport.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kind": "spam"},
        {"kind": "wrong", "note": "x" * 1001},
        {"kind": "wrong", "note": "\x00"},
    ],
)
def test_c1_a_report_that_makes_no_sense_is_shown_again(
    client: Client, make_article: MakeArticle, given: dict[str, Any]
) -> None:
    response = client.post(url("article_report", make_article().slug), given)
    assert response.status_code == 200
    assert "errorlist" in text_of(response)
    assert not ProblemReport.objects.exists()


def test_a_report_of_an_article_that_is_gone_breaks_no_page(
    editor: Client, reader: Client, make_article: MakeArticle
) -> None:
    gone, kept = make_article("Gone"), make_article("Kept")
    for article in (gone, kept):
        report(reader, article)
    mongo.articles().delete_one({"_id": gone.pk})  # in the moment in which it is reported
    assert "Kept" in text_of(editor.get(url("reports")))


def test_a_trashed_article_is_named_without_a_link(
    editor: Client, reader: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    report(reader, article)
    trash_article(article, seen=1, author=None)
    page = text_of(editor.get(url("reports")))
    assert "In the trash" in page
    assert article.get_absolute_url() not in page


def test_what_is_reported_in_an_archived_workspace_is_seen_and_resolved(
    editor: Client, reader: Client, workspace: Workspace, make_article: MakeArticle
) -> None:
    article = make_article()
    archive_workspace(workspace)
    report(reader, article)
    page = text_of(editor.get(article.get_absolute_url()))
    assert "1 reader reported this article" in page
    assert f'href="{url("reports")}"' in page
    assert "the port is 80" in text_of(editor.get(url("reports")))
    editor.post(url("report_resolve", str(ProblemReport.objects.get().pk)))
    assert ProblemReport.objects.get().resolved_at
    assert reader.get(url("reports")).status_code == 404


def test_guests_cannot_fill_what_an_article_holds(
    make_article: MakeArticle, reader: Client
) -> None:
    article = make_article()
    for number in range(MOST_OPEN_OF_GUESTS):
        report_problem(article, kind="wrong", note="", reporter=None, key=f"guest {number}")
    with pytest.raises(NotTaken):
        report_problem(article, kind="wrong", note="", reporter=None, key="one more")
    assert "see your report" in report(reader, article)
    assert ProblemReport.objects.count() <= MOST_OPEN
