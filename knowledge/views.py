"""The reader's pages: the workspaces, a search with its answer, an article.

Thin: who may read is `access`, answering is `answers`, HTML is `rendering` and the templates. The
stream that fills an answer in is `answer_views`; writing articles is `editor_views`.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from knowledge.access import (
    can_edit,
    readable_article,
    readable_workspaces,
    workspace_or_none,
)
from knowledge.article_page import article_page
from knowledge.models import Workspace
from knowledge.narrowing import SearchAddress


class HtmxRequest(HttpRequest):
    """A request after django-htmx's middleware."""

    htmx: HtmxDetails


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The workspaces that one may read, each with a line to ask on."""
    context = {
        "workspaces": readable_workspaces(request.user),
        "question_max_chars": settings.QUESTION_MAX_CHARS,
    }
    return render(request, "knowledge/home.html", context)


@require_safe
@never_cache
@vary_on_headers("HX-Request", "Accept")
def search(request: HtmxRequest, workspace: str) -> HttpResponse:
    """One workspace's search box and, where a question was asked, its sources and answer."""
    space = _workspace_or_404(request, workspace)
    address = SearchAddress.read(request.GET)
    context = {
        "workspace": space,
        "search": address,
        "can_edit": can_edit(request.user, space),
        "question_max_chars": settings.QUESTION_MAX_CHARS,
    }
    if address.question and not address.problem:
        context |= _answer(request, space, address)
    template = "knowledge/search.html" + ("#search" if request.htmx else "")
    return render(request, template, context, status=400 if address.problem else 200)


@require_safe
def article(request: HttpRequest, workspace: str, slug: str) -> HttpResponse:
    """One article, with its table of contents and when it was last indexed."""
    space = _workspace_or_404(request, workspace)
    found = readable_article(request.user, space, slug)
    if found is None:
        raise Http404("no such article")
    context = {
        "workspace": space,
        "article": found,
        "page": article_page(found),
        "filters": SearchAddress().narrowings([found]),
        "can_edit": can_edit(request.user, space),
    }
    return render(request, "knowledge/article.html", context)


def _workspace_or_404(request: HttpRequest, slug: str) -> Workspace:
    space = workspace_or_none(request.user, slug)
    if space is None:
        raise Http404("no such workspace")
    return space
