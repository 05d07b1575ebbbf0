"""Readers report what is wrong with an article; its editors look at that and resolve it.

Thin: what is kept is `browsing/problem_reports`.
"""

from bson import ObjectId
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from knowledge.access import readable_article
from knowledge.browsing.cursors import InvalidCursor, Page
from knowledge.browsing.problem_reports import NotTaken, report_problem, reports_page, resolve
from knowledge.browsing.report_form import ReportForm
from knowledge.guests import guest_of, new_guest, remember_guest
from knowledge.models import Article, ProblemReport, Workspace
from knowledge.views.doors import MemberRequest, PersonRequest, for_readers, for_writers


@require_http_methods(["GET", "POST"])
@for_readers
def article_report(request: PersonRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """A form on a page of its own, which the article's foot also holds."""
    article = readable_article(request.user, workspace, slug)
    if article is None:
        raise Http404("no such article")
    form = ReportForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"workspace": workspace, "article": article, "report_form": form}
        return render(request, "knowledge/reports/new.html", context)
    guest = "" if request.user.is_authenticated else guest_of(request) or new_guest()
    _report(request, article, form, guest)
    response = redirect("knowledge:article", workspace.slug, article.slug)
    if guest:
        remember_guest(response, guest)
    return response


@require_safe
@for_writers
def reports(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What readers reported: what is open, or what was resolved."""
    resolved = request.GET.get("show") == "resolved"
    context = {
        "workspace": workspace,
        "place": "articles",
        "resolved": resolved,
        "page": _page(workspace, resolved, request.GET.get("cursor", "")),
    }
    return render(request, "knowledge/reports/list.html", context)


@require_POST
@for_writers
def report_resolve(request: MemberRequest, workspace: Workspace, report: str) -> HttpResponse:
    """Close a report; the article is not touched."""
    if not ObjectId.is_valid(report):
        raise Http404("no such report")
    found = ProblemReport.objects.filter(pk=report, workspace_id=workspace.pk).first()
    if found is None:
        raise Http404("no such report")
    if resolve(found, by=request.user):
        messages.success(request, "Resolved.")
    else:
        messages.info(request, "Somebody had resolved it already.")
    return redirect("knowledge:reports", workspace.slug)


def _report(request: PersonRequest, article: Article, form: ReportForm, guest: str) -> None:
    user = request.user if isinstance(request.user, User) else None
    try:
        report_problem(
            article,
            kind=form.cleaned_data["kind"],
            note=form.cleaned_data["note"],
            reporter=user,
            key=str(user.pk) if user else guest,
        )
    except NotTaken as reason:
        messages.info(request, str(reason))
    else:
        messages.success(request, "Thank you. The editors of this article see your report.")


def _page(workspace: Workspace, resolved: bool, cursor: str) -> Page[ProblemReport]:
    try:
        return reports_page(workspace, resolved=resolved, cursor=cursor)
    except InvalidCursor:
        return reports_page(workspace, resolved=resolved, cursor="")
