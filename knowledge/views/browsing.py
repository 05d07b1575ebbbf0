"""Readers find their way: what changed, tags, categories, titles, and where they left off.

Thin: what is found is `browsing`. Everything here shows published articles only, to editors, too.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from knowledge.access import readable_article
from knowledge.browsing import reading_positions
from knowledge.browsing.facets import facets
from knowledge.browsing.list_form import ListForm
from knowledge.browsing.listing import ArticlePage, ListQuery, Sort, list_articles
from knowledge.browsing.quick_find import find_titles
from knowledge.models import MAX_TITLE, Status, Workspace
from knowledge.views.doors import MemberRequest, PersonRequest, for_members, for_readers
from knowledge.views.listing import page_at

RECENT = 10


@require_safe
@for_readers
def browse(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    """What changed lately, and the categories and tags with how much each holds."""
    published = ListQuery(status=Status.PUBLISHED)
    context = {
        "workspace": workspace,
        "place": "browse",
        "recent": list_articles(request.rights, workspace, published, limit=RECENT).articles,
        "facets": facets(request.rights, workspace),
    }
    return render(request, "knowledge/browse/browse.html", context)


@require_safe
@never_cache
@for_readers
def titles(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    """Articles by title: all, those of a tag or a category, or those with certain words."""
    form = ListForm(request.GET)
    query = ListQuery()
    if form.is_valid():
        asked = form.query()
        query = ListQuery(
            status=Status.PUBLISHED,
            tags=asked.tags,
            category=asked.category,
            text=asked.text,
            sort=asked.sort if "sort" in request.GET else Sort.TITLE,
        )
    context = {"workspace": workspace, "place": "browse", "form": form, "query": query}
    context["page"] = page_at(request, workspace, query) if form.is_valid() else ArticlePage(())
    status = 200 if form.is_valid() else 400
    return render(request, "knowledge/browse/titles.html", context, status=status)


@require_safe
@never_cache
@for_readers
def title_options(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    """A few articles whose titles fit what is being typed, as options of a list box."""
    text = request.GET.get("text", "")[:MAX_TITLE]
    found = find_titles(request.rights, workspace, text)
    context = {"workspace": workspace, "found": found, "text": text}
    return render(request, "knowledge/browse/_options.html", context)


@require_POST
@for_members
def article_reading(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """The section of an article that a reader leaves it at."""
    article = readable_article(request.user, workspace, slug)
    if article is None:
        raise Http404("no such article")
    reading_positions.record_section(request.user, article, request.POST.get("section", ""))
    return HttpResponse(status=204)


@require_POST
def forget_reading(request: HttpRequest) -> HttpResponse:
    """Remove what is kept about what the person read."""
    if isinstance(request.user, User):
        reading_positions.forget(request.user)
        messages.success(request, "Forgotten: nothing is kept of what you have read so far.")
    return redirect("home")
