"""The history of an article: its revisions, one of them as it was, what two differ in; archiving.

Thin: revisions are `authoring/history`, differences `authoring/diffing`, every write `editing`.
The trash is `views/trash`. All of it is for editors, because old texts may say what was taken
out for a reason; in an archived workspace they still read it.
"""

from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from knowledge import editing
from knowledge.access import readable_article
from knowledge.article_page import revision_page
from knowledge.authoring.diffing import compare, compare_lines
from knowledge.authoring.history import (
    restore_revision,
    revision_or_none,
    revisions_of,
    with_authors,
)
from knowledge.forms import CompareForm
from knowledge.models import Article, Revision, Workspace
from knowledge.views.acting import act, found
from knowledge.views.doors import MemberRequest, for_editors, for_writers

REVISIONS_PER_PAGE = 20


@require_safe
@for_writers
def article_history(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Every revision, the newest first, and which of them searches find."""
    article = found(readable_article(request.user, workspace, slug))
    pages = Paginator(revisions_of(article), REVISIONS_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "workspace": workspace,
        "place": "articles",
        "article": article,
        "page_obj": page,
        "revisions": with_authors(page.object_list),
    }
    return render(request, "knowledge/history/list.html", context)


@require_safe
@for_writers
def article_revision(
    request: MemberRequest, workspace: Workspace, slug: str, number: int
) -> HttpResponse:
    """One revision as its page was. Its address is the article's, so that its links hold."""
    article = found(readable_article(request.user, workspace, slug))
    revision = _revision(article, number)
    context = {
        "workspace": workspace,
        "place": "articles",
        "article": article,
        "revision": revision,
        "page": revision_page(revision, source_path=article.source_path),
    }
    return render(request, "knowledge/history/revision.html", context)


@require_safe
@for_writers
def article_compare(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """What changed between two revisions, in one column or side by side."""
    article = found(readable_article(request.user, workspace, slug))
    form = CompareForm(request.GET)
    if not form.is_valid():
        messages.warning(request, "Choose two revisions to compare.")
        return redirect("knowledge:article_history", workspace.slug, article.slug)
    old, new = (_revision(article, number) for number in form.numbers())
    context = {
        "workspace": workspace,
        "place": "articles",
        "article": article,
        "old": old,
        "new": new,
        "side": form.cleaned_data["view"] == "side",
        "title": compare_lines(old.title, new.title),
        "text": compare(old.content, new.content),
    }
    return render(request, "knowledge/history/compare.html", context)


@require_POST
@for_editors
def revision_restore(
    request: MemberRequest, workspace: Workspace, slug: str, number: int
) -> HttpResponse:
    """Make what the revision said the newest revision; nothing is lost."""
    article = found(readable_article(request.user, workspace, slug))
    revision = _revision(article, number)
    before = article.revision
    if not act(request, article, partial(restore_revision, revision=revision)):
        return redirect("knowledge:article_revision", workspace.slug, article.slug, number)
    if article.revision == before:
        messages.info(request, f"The article already says what revision {number} says.")
    else:
        messages.success(
            request, f"Restored: revision {article.revision} says what revision {number} said."
        )
    return redirect("knowledge:article_history", workspace.slug, article.slug)


@require_POST
@for_editors
def article_archive(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Keep the article for its editors only."""
    article = found(readable_article(request.user, workspace, slug))
    if act(request, article, editing.archive_article):
        messages.success(request, "Archived: only editors see it, and no search finds it.")
    return redirect(article)


def _revision(article: Article, number: int) -> Revision:
    """The article's revision; 404 for a number that it never had, however large."""
    revision = revision_or_none(article, number) if number <= article.revision else None
    if revision is None:
        raise Http404("no such revision")
    return with_authors([revision])[0]
