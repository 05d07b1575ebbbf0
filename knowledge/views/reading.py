"""The reader's pages: a search with its answer, an article.

Thin: who may read is `access`, answering is `answers`, HTML is `rendering` and the templates. The
stream that fills an answer in is `answering`; writing articles is `editing`.
"""

from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.throttling import TooMany
from knowledge.access import Scope, may_read, readable_article
from knowledge.addresses import moved_article
from knowledge.answers.events import ErrorEvent
from knowledge.answers.limits import count_question
from knowledge.answers.readers import asker_of
from knowledge.answers.stream import Answer, SourcesChanged, WholeAnswer, open_answer, read_whole
from knowledge.article_page import article_page
from knowledge.browsing.problem_reports import reports_of
from knowledge.browsing.reading_positions import CONTINUED, continuations, record_visit
from knowledge.browsing.related import related_articles
from knowledge.browsing.report_form import ReportForm
from knowledge.guests import guest_of, new_guest, remember_guest
from knowledge.index_state import index_state
from knowledge.models import Article, Workspace
from knowledge.narrowing import SearchAddress
from knowledge.providers import Busy, ProviderError
from knowledge.rendering import render_answer
from knowledge.views.answering import CHANGED, ending_fragment
from knowledge.views.doors import PersonRequest, for_readers
from knowledge.views.later import Later


@require_safe
@never_cache
@vary_on_headers("HX-Request", "Accept")
@for_readers
def search(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    """One workspace's search box and, where a question was asked, its sources and answer."""
    address = SearchAddress.read(request.GET)
    context: dict[str, Any] = {
        "workspace": workspace,
        "place": "ask",
        "search": address,
        "can_edit": request.rights.edit,
        "question_max_chars": settings.QUESTION_MAX_CHARS,
    }
    if not address.question and isinstance(request.user, User):
        context["continuations"] = continuations(request.user, most=CONTINUED, workspace=workspace)
    guest = "" if request.user.is_authenticated else guest_of(request) or new_guest()
    status = 400 if address.problem else 200
    if address.question and not address.problem:
        try:
            context |= _answered(request, workspace, address, guest)
        except Busy as busy:
            context["later"] = Later.of(busy, request)
            status = 503
        except TooMany as error:
            context["later"] = Later.too_many(error)
            status = 429
        except ProviderError as error:
            context |= {"failed": True, "message": str(error), "can_retry": True}
            status = 503
    template = "knowledge/search.html" + ("#search" if request.htmx else "")
    response = render(request, template, context, status=status)
    if "later" in context:
        response["Retry-After"] = str(context["later"].seconds)
    if guest and "retrieval" in context:
        remember_guest(response, guest)
    return response


@require_safe
@for_readers
def article(request: PersonRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """One article, with its table of contents and when it was last indexed."""
    found = readable_article(request.user, workspace, slug)
    if found is None:
        return _moved(request, workspace, slug)
    context = {
        "workspace": workspace,
        "article": found,
        "page": article_page(found),
        "related": related_articles(found, request.rights.scope),
        "state": index_state(found),
        "report_form": ReportForm(),
    }
    if request.rights.writer:
        context["reports"] = reports_of(found)
    if isinstance(request.user, User):
        record_visit(request.user, found)
    return render(request, "knowledge/article.html", context)


@require_safe
@for_readers
def source(request: PersonRequest, workspace: Workspace, source_path: str) -> HttpResponse:
    """The article that was imported from a file: where links between Markdown files lead."""
    named = Article.objects.filter(workspace_id=workspace.pk, source_path=source_path).first()
    if named is None or not may_read(request.rights, named):
        raise Http404("no such article")
    return redirect("knowledge:article", workspace.slug, named.slug)


def _moved(request: PersonRequest, workspace: Workspace, slug: str) -> HttpResponse:
    """To the article that had this address before, if the person may read it."""
    named = moved_article(workspace, slug)
    if named is None or not may_read(request.rights, named):
        raise Http404("no such article")
    return redirect("knowledge:article", workspace.slug, named.slug)


def _answered(
    request: PersonRequest, space: Workspace, address: SearchAddress, guest: str
) -> dict[str, Any]:
    """Find the sources; the answer itself follows by its stream, or is waited for."""
    count_question(request.user, request, space)
    scope = request.rights.scope
    answer = open_answer(
        question=address.question,
        scope=scope,
        workspace=space,
        tags=address.tags,
        category=address.category,
        asker=asker_of(request.user, guest),
    )
    context: dict[str, Any] = {
        "retrieval": answer.retrieval,
        "narrowings": address.narrowings(answer.retrieval.passages),
        "stream_url": reverse("knowledge:answer_stream", args=[space.slug, answer.id]),
        "stop_url": reverse("knowledge:answer_stop", args=[space.slug, answer.id]),
    }
    if _wants_whole(request) and answer.retrieval.confidence != "none":
        context |= _whole(answer, _read(answer, scope))
    return context


def _wants_whole(request: PersonRequest) -> bool:
    """A browser without JavaScript, which the page sends here, or a client that is no browser.

    A browser that opens a page names text/html; what accepts just anything, and is not htmx, will
    not run the page's scripts.
    """
    scripts = bool(request.htmx) or "text/html" in request.headers.get("Accept", "")
    return request.GET.get("whole") == "1" or not scripts


def _read(answer: Answer, scope: Scope) -> WholeAnswer:
    try:
        return async_to_sync(read_whole)(answer.id, scope)
    except SourcesChanged:  # edited in the moment between searching and answering
        return WholeAnswer(text="", ending=ErrorEvent(code="internal", message=CHANGED))


def _whole(answer: Answer, read: WholeAnswer) -> dict[str, Any]:
    numbers = frozenset(passage.n for passage in answer.retrieval.passages)
    template, ending = ending_fragment(read.ending)
    verdicts = () if isinstance(read.ending, ErrorEvent) else read.ending.verdicts
    rendered = render_answer(read.text, citations=numbers, verdicts=verdicts)
    html = mark_safe(rendered)  # noqa: S308
    return {"whole": True, "html": html, "ending_template": template, **ending}
