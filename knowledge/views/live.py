"""What one can watch of indexing: the stream that keeps badges current, and the activity page.

Thin: what is told is `knowledge.live`, when an article is tried again is `leasing`.
"""

from http import HTTPStatus
from typing import cast

from asgiref.sync import sync_to_async
from bson import ObjectId
from bson.errors import InvalidId
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import User
from accounts.sessions import SessionStore
from knowledge.access import rights_in
from knowledge.leasing import try_now
from knowledge.live.activity import activity_of
from knowledge.live.followers import Follower
from knowledge.live.hub import Full, hub
from knowledge.live.stream import page_events, state_of_page
from knowledge.live.viewers import Viewer, current_rights
from knowledge.models import Workspace
from knowledge.streaming import streamed
from knowledge.views.doors import MemberRequest, for_editors

MAX_ARTICLES = 100
MAX_TOKEN = 2_000
EVENT_STREAM = "text/event-stream"
RETRY_AFTER = {"Retry-After": "30"}


@require_GET
@never_cache
async def live(request: HttpRequest, workspace: str) -> HttpResponseBase:
    """The badges of the articles named, or of all, as they change; with `poll`, once, as JSON.

    204 tells a browser whose person is signed out not to come again.
    """
    user = await request.auser()
    viewer = await sync_to_async(_viewer)(request, user, workspace)
    if viewer is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    rights = (await sync_to_async(current_rights)({viewer})).get(viewer)
    if rights is None:
        raise Http404("not for this person")
    follower = Follower(viewer, rights, _articles(request))
    if "poll" in request.GET:
        return JsonResponse(await state_of_page(follower))
    try:
        hub().admit(follower)
    except Full:
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=RETRY_AFTER)
    after = request.headers.get("Last-Event-ID") or request.GET.get("last", "")
    events = page_events(hub(), follower, after=after[:MAX_TOKEN])
    return streamed(events, content_type=EVENT_STREAM)


@require_safe
@never_cache
@for_editors
def activity(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What waits, is being indexed, failed or was indexed last; its list alone for the script."""
    context = {"workspace": workspace, "place": "activity", "activity": activity_of(workspace)}
    template = "knowledge/activity.html" + ("#activity" if "part" in request.GET else "")
    return render(request, template, context)


@require_POST
@for_editors
def retry(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Let an article that failed be tried at once, or all of them."""
    article = request.POST.get("article", "")
    if article != "all" and not ObjectId.is_valid(article):
        raise Http404("no such article")
    count = try_now(workspace.pk, None if article == "all" else ObjectId(article))
    if "quiet" in request.POST:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if count:
        messages.success(request, f"Tried again now: {count}.")
    else:
        messages.warning(request, "Nothing to try again: it is being tried, or no longer failed.")
    back = request.POST.get("next", "")
    here = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    page = reverse("knowledge:activity", args=[workspace.slug])
    return HttpResponseRedirect(back if here else page)


def _viewer(request: HttpRequest, user: object, slug: str) -> Viewer | None:
    """Who asks; None for a visitor. Raises `Http404` where they may not even read."""
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None or not rights_in(request.user, workspace).scope.grants:
        raise Http404("no such workspace")
    session = cast("SessionStore", request.session).row
    return Viewer.of(user, workspace, session) if session and isinstance(user, User) else None


def _articles(request: HttpRequest) -> frozenset[ObjectId]:
    named = request.GET.getlist("article")
    if len(named) > MAX_ARTICLES:
        raise BadRequest("too many articles")
    try:
        return frozenset(map(ObjectId, named))
    except InvalidId:
        raise BadRequest("no article's id") from None
