"""The editors' pages: writing, preview, publishing, deleting.

Thin: who may edit is `access`, what a field may hold is `forms`, every write is `editing`.
Whoever may not edit gets the same 404 as for a workspace that does not exist.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from knowledge import editing
from knowledge.access import readable_article
from knowledge.forms import SLUG_TAKEN, ArticleForm
from knowledge.metadata import clean_content
from knowledge.models import Article, Status, Workspace
from knowledge.rendering import RenderError, RenderUnavailable
from knowledge.rendering import render as render_markdown
from knowledge.sanitizing import clean_article
from knowledge.views.acting import act, found
from knowledge.views.doors import MemberRequest, for_editors


@require_http_methods(["GET", "POST"])
@for_editors
def article_new(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """A form for a new article."""
    if request.method != "POST":
        return _form_page(request, ArticleForm(workspace=workspace))
    form = ArticleForm(request.POST, workspace=workspace)
    if not form.is_valid():
        return _form_page(request, form)
    try:
        status = Status.PUBLISHED if "publish" in request.POST else Status.DRAFT
        article = editing.create_article(
            workspace=workspace, author=request.user, status=status, **form.changes()
        )
    except editing.SlugTaken:
        form.add_error("slug", SLUG_TAKEN)
        return _form_page(request, form)
    return _saved(request, workspace, article)


@require_http_methods(["GET", "POST"])
@for_editors
def article_edit(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """A form for an article; a save over somebody else's is refused with both texts shown."""
    article = readable_article(request.user, workspace, slug)
    if request.method != "POST":
        return _form_page(request, ArticleForm(workspace=workspace, article=found(article)))
    form = ArticleForm(request.POST, workspace=workspace, article=article)
    if article is None:
        return _form_page(request, form, gone=True, status=409)
    return _save(request, article, form)


@require_POST
@for_editors
def preview(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What was typed, as the article's page would show it; alone for htmx, else in the form."""
    context = _preview(request.POST.get("content", ""), request.POST.get("title", ""))
    if request.htmx:
        return render(request, "knowledge/editor/_preview.html", context)
    article = readable_article(request.user, workspace, request.POST.get("editing", ""))
    form = ArticleForm(request.POST, workspace=workspace, article=article)
    return _form_page(request, form, **context)


@require_POST
@for_editors
def article_publish(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Let readers find the article."""
    article = found(readable_article(request.user, workspace, slug))
    if act(request, article, editing.publish_article):
        messages.success(request, "Published. Searches find it as soon as it is indexed.")
    return redirect(article)


@require_POST
@for_editors
def article_unpublish(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Make the article a draft again."""
    article = found(readable_article(request.user, workspace, slug))
    if act(request, article, editing.unpublish_article):
        messages.success(request, "A draft again: readers and searches no longer find it.")
    return redirect(article)


@require_http_methods(["GET", "POST"])
@for_editors
def article_delete(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """Ask, then move the article to the trash."""
    article = found(readable_article(request.user, workspace, slug))
    if request.method != "POST":
        context = {"workspace": workspace, "article": article, "days": settings.TRASH_DAYS}
        return render(request, "knowledge/editor/delete.html", context)
    if not act(request, article, editing.trash_article):
        return redirect("knowledge:article_delete", workspace.slug, article.slug)
    messages.success(
        request,
        f"“{article.title}” is in the trash, where it can be restored for "
        f"{settings.TRASH_DAYS} days.",
    )
    return redirect("knowledge:articles", workspace.slug)


def _save(request: MemberRequest, article: Article, form: ArticleForm) -> HttpResponse:
    if not form.is_valid():
        return _form_page(request, form)
    changes = form.changes()
    if "publish" in request.POST:
        changes["status"] = Status.PUBLISHED
    try:
        editing.edit_article(
            article,
            seen=form.cleaned_data["seen"] or 0,
            author=request.user,
            note=form.cleaned_data["note"],
            **changes,
        )
    except editing.SlugTaken:
        form.add_error("slug", SLUG_TAKEN)
        return _form_page(request, form)
    except editing.Conflict:
        return _conflict_page(request, form, article)
    return _saved(request, form.workspace, article)


def _conflict_page(request: MemberRequest, form: ArticleForm, article: Article) -> HttpResponse:
    form.article = readable_article(request.user, form.workspace, article.slug)
    if form.article is None:
        return _form_page(request, form, gone=True, status=409)
    form.rebase(form.article)
    return _form_page(request, form, differences=form.differences(), conflict=True, status=409)


def _form_page(
    request: MemberRequest, form: ArticleForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"workspace": form.workspace, "article": form.article, "form": form}
    return render(request, "knowledge/editor/form.html", context, status=status)


def _saved(request: MemberRequest, workspace: Workspace, article: Article) -> HttpResponse:
    if article.status != Status.PUBLISHED:
        messages.success(request, "Saved. Readers do not see it until it is published.")
    elif article.pending:
        messages.success(request, "Saved. Searches find it as soon as it is indexed.")
    else:
        messages.success(request, "Saved.")
    return redirect("knowledge:article", workspace.slug, article.slug)


def _preview(content: str, title: str) -> dict[str, Any]:
    try:
        html = clean_article(render_markdown(clean_content(content), title=title).html)
    except ValidationError as error:
        return {"preview_problem": error.messages[0]}
    except RenderUnavailable:
        return {"preview_problem": "Too many previews at once. Try again in a moment."}
    except RenderError:
        return {"preview_problem": "This text takes too long to lay out. It can still be saved."}
    return {"preview": mark_safe(html)}  # noqa: S308
