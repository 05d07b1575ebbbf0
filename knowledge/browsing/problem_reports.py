"""Readers say that an article is outdated, wrong or unclear; its editors see it and resolve it.

Who may read the article, and who may resolve, is decided before these are called.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from knowledge.browsing.cursors import Order, Page, keyset_page
from knowledge.models import Article, ProblemReport, Workspace

MOST_OPEN: Final = 20
MOST_OPEN_OF_GUESTS: Final = 5
"""Of one article: who is no member, and may be one person with many browsers, fills no more."""
MOST_REPORTED: Final = 1000
PER_PAGE: Final = 20


class NotTaken(Exception):
    """The report was not kept; the message says why, to whoever made it."""


def report_problem(
    article: Article, *, kind: str, note: str, reporter: User | None, key: str
) -> ProblemReport:
    """Keep a reader's report; `key` tells who it is. Raises `NotTaken`."""
    open_now = open_reports(article.workspace_id).filter(article_id=article.pk)
    guests_full = not reporter and open_now.filter(reporter=None).count() >= MOST_OPEN_OF_GUESTS
    if guests_full or open_now.count() >= MOST_OPEN:
        raise NotTaken("Thank you; others have reported this article, and its editors know.")
    try:
        return ProblemReport.objects.create(
            workspace_id=article.workspace_id,
            article=article,
            revision=article.revision,
            kind=kind,
            note=note,
            reporter=reporter,
            reporter_key=key,
        )
    except IntegrityError as error:
        raise NotTaken("You have reported this article already; its editors know.") from error


def resolve(report: ProblemReport, *, by: User) -> bool:
    """Close a report; False where somebody was faster."""
    still_open = ProblemReport.objects.filter(pk=report.pk, resolved_at=None)
    return bool(still_open.update(resolved_at=timezone.now(), resolved_by=by))


def open_reports(workspace_id: Any) -> QuerySet[ProblemReport]:
    return ProblemReport.objects.filter(workspace_id=workspace_id, resolved_at=None)


def reports_of(article: Article) -> list[ProblemReport]:
    """The open reports of an article, newest first: at most MOST_OPEN."""
    mine = open_reports(article.workspace_id).filter(article_id=article.pk)
    return list(mine.order_by("-created_at")[:MOST_OPEN])


def reports_page(workspace: Workspace, *, resolved: bool, cursor: str) -> Page[ProblemReport]:
    """A workspace's reports, newest first, with article, reporter and who resolved them.

    Raises `InvalidCursor`.
    """
    page = keyset_page(
        ProblemReport,
        {
            "workspace_id": workspace.pk,
            "resolved_at": {"$ne": None} if resolved else None,
        },
        Order("created_at", descending=True),
        of=f"reports:{workspace.pk}:{resolved}",
        cursor=cursor,
        limit=PER_PAGE,
    )
    return replace(page, entries=_complete(page.entries, workspace))


def reported_articles(workspace: Workspace) -> list[Any]:
    """The ids of articles with open reports, the most recently reported first."""
    newest = open_reports(workspace.pk).order_by("-created_at")
    return list(dict.fromkeys(newest.values_list("article_id", flat=True)[:MOST_REPORTED]))


def open_counts(articles: Iterable[Article], workspace: Workspace) -> Counter[Any]:
    """How many open reports each of the articles has, by id."""
    ids = [article.pk for article in articles]
    of_these = open_reports(workspace.pk).filter(article_id__in=ids)
    return Counter(of_these.values_list("article_id", flat=True)) if ids else Counter()


def _complete(
    reports: tuple[ProblemReport, ...], workspace: Workspace
) -> tuple[ProblemReport, ...]:
    """Each with what it names, by one query for articles and one for people.

    Without those of no article: one may be reported in the moment in which it is removed.
    """
    articles = Article.objects.defer("content").in_bulk([r.article_id for r in reports])
    people = {r.reporter_id for r in reports} | {r.resolved_by_id for r in reports}
    users = User.objects.only("username").in_bulk(people - {None})
    told = tuple(report for report in reports if report.article_id in articles)
    for report in told:
        report.article = articles[report.article_id]
        report.article.workspace = workspace
        report.reporter = users.get(report.reporter_id)
        report.resolved_by = users.get(report.resolved_by_id)
    return told
