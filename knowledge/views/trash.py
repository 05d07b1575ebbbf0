"""The trash: what is in it, taking something out again, removing it for good.

Thin: what is in it is `authoring/trash`, every write is `editing`; the worker empties it by
`authoring/sweeping`.
"""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from knowledge import editing
from knowledge.authoring.trash import purged_after, trashed_article, trashed_articles
from knowledge.models import Workspace
from knowledge.views.acting import act, found
from knowledge.views.doors import MemberRequest, for_editors, for_managers, for_writers

ARTICLES_PER_PAGE = 20


@require_safe
@for_writers
def trash(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What was deleted, by whom, and until when it can be restored."""
    pages = Paginator(trashed_articles(workspace), ARTICLES_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    users = User.objects.in_bulk({article.trashed_by_id for article in page} - {None})
    context = {
        "workspace": workspace,
        "place": "articles",
        "page_obj": page,
        "rows": [
            (article, users.get(article.trashed_by_id), purged_after(article)) for article in page
        ],
        "days": settings.TRASH_DAYS,
    }
    return render(request, "knowledge/trash.html", context)


@require_POST
@for_editors
def trash_restore(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Put the article back as what it was."""
    article = found(trashed_article(workspace, slug))
    if not act(request, article, editing.restore_article):
        return redirect("knowledge:trash", workspace.slug)
    was = article.get_status_display().lower()
    messages.success(request, f"Restored as what it was before: {was}.")
    return redirect(article)


@require_http_methods(["GET", "POST"])
@for_managers
def trash_purge(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Ask, then remove the article for good; not in an archived workspace."""
    article = found(trashed_article(workspace, slug) if request.rights.edit else None)
    if request.method != "POST":
        context = {"workspace": workspace, "place": "articles", "article": article}
        return render(request, "knowledge/history/purge.html", context)
    if act(request, article, editing.purge_trashed_article):
        messages.success(request, f"“{article.title}” is gone for good.")
    return redirect("knowledge:trash", workspace.slug)
