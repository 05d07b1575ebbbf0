"""The editors' list of articles: finding some, doing something with several, taking it back.

Thin: what is listed is `browsing/listing`, what is done with it is `authoring/bulk`.
"""

from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from knowledge.authoring import bulk
from knowledge.authoring.bulk_form import BulkForm
from knowledge.browsing.cursors import InvalidCursor
from knowledge.browsing.list_form import ListForm
from knowledge.browsing.listing import ArticlePage, ListQuery, list_articles
from knowledge.browsing.problem_reports import open_counts
from knowledge.index_state import index_state
from knowledge.models import Workspace
from knowledge.views.doors import MemberRequest, PersonRequest, for_editors

MORE_FILTERS = ("tag", "category", "author", "visibility", "not_indexed", "reported")


@require_safe
@never_cache
@vary_on_headers("HX-Request")
@for_editors
def article_list(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """The articles that the filters leave, with how far search has followed each."""
    form = ListForm(request.GET)
    valid = form.is_valid()
    page = page_at(request, workspace, form.query()) if valid else ArticlePage(())
    reports = open_counts(page.articles, workspace)
    context = {
        "workspace": workspace,
        "place": "articles",
        "form": form,
        "more_filters": any(request.GET.get(name) for name in MORE_FILTERS),
        "narrows": not valid or form.query().narrows,
        "page": page,
        "rows": [(article, index_state(article), reports[article.pk]) for article in page.articles],
        "bulk_form": BulkForm(),
        "last_action": _last_action(request, workspace),
    }
    template = "knowledge/articles/list.html" + ("#articles" if request.htmx else "")
    response = render(request, template, context, status=200 if valid else 400)
    if request.htmx:
        response["HX-Replace-Url"] = _address(request, workspace)
    return response


@require_POST
@for_editors
def articles_bulk(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Do one thing with the chosen articles; the list then says what became of each."""
    form = BulkForm(request.POST)
    if form.is_valid():
        bulk.act_on_articles(
            form.cleaned_data["article"],
            form.change(),
            workspace=workspace,
            user=request.user,
        )
        return _back(request, workspace, done="1")
    messages.warning(request, form.problem())
    return _back(request, workspace)


@require_POST
@for_editors
def articles_undo(request: MemberRequest, workspace: Workspace, action: str) -> HttpResponse:
    """Take back what the person did last, where nobody has written since."""
    last = bulk.last_action(request.user, workspace)
    if last is None or last.pk != _object_id(action):
        raise Http404("no such action")
    undone = bulk.undo(last, workspace=workspace, user=request.user)
    messages.success(request, f"Taken back for {_articles(len(undone.steps))}.")
    for skipped in undone.skipped:
        messages.warning(request, f"“{skipped['title']}” stays as it is: {skipped['reason']}.")
    return _back(request, workspace)


def _address(request: MemberRequest, workspace: Workspace, **more: str) -> str:
    """Of the list as it was, filters and place kept, and what is left open left out."""
    query = request.GET.copy()
    for name in [name for name, values in query.lists() if not any(values)]:
        del query[name]
    for name, value in more.items():
        query[name] = value
    address = reverse("knowledge:articles", args=[workspace.slug])
    return f"{address}?{query.urlencode()}" if query.urlencode() else address


def page_at(request: PersonRequest, workspace: Workspace, query: ListQuery) -> ArticlePage:
    """The page at the address's cursor; the first where that is not one of this list."""
    try:
        cursor = request.GET.get("cursor", "")
        return list_articles(request.rights, workspace, query, cursor=cursor)
    except InvalidCursor:
        return list_articles(request.rights, workspace, query)


def _last_action(request: MemberRequest, workspace: Workspace) -> dict[str, Any] | None:
    last = bulk.last_action(request.user, workspace)
    if last is None:
        return None
    return {
        "id": last.pk,
        "at": last.done_at,
        "count": len(last.steps),
        "what": bulk.described(last),
        "skipped": last.skipped,
        "just_done": "done" in request.GET,
    }


def _back(request: MemberRequest, workspace: Workspace, **more: str) -> HttpResponse:
    return redirect(_address(request, workspace, **more))


def _articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"


def _object_id(given: str) -> ObjectId | None:
    return ObjectId(given) if ObjectId.is_valid(given) else None
