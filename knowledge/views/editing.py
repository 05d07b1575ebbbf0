"""The editors' pages: writing, preview, publishing, deleting.

Thin: who may edit is `access`, what a field may hold is `forms`, every write is `editing`.
Whoever may not edit gets the same 404 as for a workspace that does not exist.
"""

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from knowledge import editing
from knowledge.access import may_read, readable_article
from knowledge.authoring.drafts import DraftRefused, drop_draft, find_draft
from knowledge.forms import SLUG_TAKEN, ArticleForm
from knowledge.models import Article, Status, Workspace
from knowledge.views.acting import act, found, opened_for
from knowledge.views.conflicts import begin, chosen_in, take
from knowledge.views.doors import MemberRequest, for_editors
from knowledge.views.drafts import keep_typed
from knowledge.views.form_page import form_page, preview_of


@require_http_methods(["GET", "POST"])
@for_editors
def article_new(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """A form for a new article, or with what `draft` names."""
    if request.method != "POST":
        key = request.GET.get("draft", "")
        draft = find_draft(user=request.user, workspace=workspace, key=key) if key else None
        return form_page(request, ArticleForm(workspace=workspace, draft=draft), draft=draft)
    form = ArticleForm(request.POST, workspace=workspace)
    if not form.is_valid():
        return form_page(request, form)
    try:
        status = Status.PUBLISHED if "publish" in request.POST else Status.DRAFT
        article = editing.create_article(
            workspace=workspace, author=request.user, status=status, **form.changes()
        )
    except editing.SlugTaken:
        form.add_error("slug", SLUG_TAKEN)
        return form_page(request, form)
    return _saved(request, form, article)


@require_http_methods(["GET", "POST"])
@for_editors
def article_edit(request: MemberRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """A form for an article; a save over somebody else's is refused with both versions merged."""
    if request.method != "POST":
        article = found(readable_article(request.user, workspace, slug))
        draft = find_draft(user=request.user, workspace=workspace, key=str(article.pk))
        form = ArticleForm(workspace=workspace, article=article, draft=draft)
        return form_page(request, form, draft=draft)
    named = opened_for(request, workspace)
    if named is None and "key" not in request.POST:
        named = readable_article(request.user, workspace, slug)
    form = ArticleForm(request.POST, workspace=workspace, article=named)
    if named is None:
        return form_page(request, form, status=409)
    if chosen := chosen_in(request):
        return _choose(request, form, named, chosen)
    return _save(request, named, form)


@require_POST
@for_editors
def preview(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What was typed, as the article's page would show it; alone for htmx, else in the form."""
    article = opened_for(request, workspace)
    context = preview_of(request.POST, workspace=workspace, article=article)
    if request.htmx:
        return render(request, "knowledge/editor/_preview_update.html", context)
    form = ArticleForm(request.POST, workspace=workspace, article=article)
    return form_page(request, form, **context)


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
        return form_page(request, form)
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
        return form_page(request, form)
    except editing.Conflict:
        return _merge(request, form, article)
    return _saved(request, form, article)


def _merge(request: MemberRequest, form: ArticleForm, article: Article) -> HttpResponse:
    """Somebody else saved first: keep what was typed, and show both versions brought together."""
    stored = Article.objects.filter(pk=article.pk).first()
    if stored is None or not may_read(request.rights, stored):
        form.article = None
        return form_page(request, form, status=409)
    stored.workspace = form.workspace
    with suppress(DraftRefused):
        keep_typed(request, form.workspace, str(article.pk))
    merged = ArticleForm(form.data, workspace=form.workspace, article=stored)
    begin(merged, stored)
    merged.saving = False
    return form_page(request, merged, status=409)


def _choose(
    request: MemberRequest, form: ArticleForm, article: Article, chosen: str
) -> HttpResponse:
    """One of the two versions for a place of the conflict, unless there is a third by now."""
    if form.data.get("seen") != str(article.version):
        return _merge(request, form, article)
    take(form, article, chosen)
    form.saving = False
    return form_page(request, form)


def _saved(request: MemberRequest, form: ArticleForm, article: Article) -> HttpResponse:
    key = form.cleaned_data["key"]
    drop_draft(user=request.user, workspace=form.workspace, key=key)
    if article.status != Status.PUBLISHED:
        messages.success(request, "Saved. Readers do not see it until it is published.")
    elif article.pending:
        messages.success(request, "Saved. Searches find it as soon as it is indexed.")
    else:
        messages.success(request, "Saved.")
    return redirect("knowledge:article", form.workspace.slug, article.slug)
