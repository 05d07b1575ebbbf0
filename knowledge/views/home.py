"""The first page: the workspaces that one may read, where one left off, what waits."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from knowledge.access import kept_workspaces, readable_workspaces
from knowledge.browsing.reading_positions import CONTINUED, continuations
from knowledge.browsing.waiting import waiting_for


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Each workspace with a line to ask on; archived ones apart."""
    readable = readable_workspaces(request.user)
    in_use = [space for space in readable if space.archived_at is None]
    context: dict[str, Any] = {
        "workspaces": in_use,
        "archived": [space for space in readable if space.archived_at is not None],
        "question_max_chars": settings.QUESTION_MAX_CHARS,
    }
    if isinstance(request.user, User):
        context["kept"] = kept_workspaces(request.user)
        context["continuations"] = continuations(request.user, most=CONTINUED)
        context["waiting"] = waiting_for(request.user, in_use)
    return render(request, "knowledge/home.html", context)
