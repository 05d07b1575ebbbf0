"""What the editor's page keeps by itself: drafts of what is typed, for whoever typed it.

Thin: what a draft is, and whose, is `authoring/drafts`.
"""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from knowledge.authoring.drafts import DraftRefused, drop_draft, find_draft, keep_draft
from knowledge.models import Draft, Workspace
from knowledge.views.doors import MemberRequest, for_editors


@require_POST
@for_editors
def draft_keep(request: MemberRequest, workspace: Workspace, key: str) -> HttpResponse:
    """Keep what is in the form; the answer is JSON with `kept`, or with a `problem` to show."""
    try:
        draft = keep_typed(request, workspace, key)
    except DraftRefused as refused:
        return JsonResponse({"problem": str(refused)}, status=400)
    return JsonResponse({"kept": draft.saved_at})


@require_POST
@for_editors
def draft_drop(request: MemberRequest, workspace: Workspace, key: str) -> HttpResponse:
    """Forget what was typed, and go on with the article as it is stored, or with a new one."""
    draft = find_draft(user=request.user, workspace=workspace, key=key)
    if draft and drop_draft(user=request.user, workspace=workspace, key=key):
        messages.success(request, "Your unsaved text is discarded.")
    if draft and draft.article and request.POST.get("next") == "article":
        return redirect("knowledge:article_edit", workspace.slug, draft.article.slug)
    return redirect(
        "knowledge:articles" if request.POST.get("next") == "list" else "knowledge:article_new",
        workspace.slug,
    )


def keep_typed(request: MemberRequest, workspace: Workspace, key: str) -> Draft:
    """Keep what the request holds of the form. Raises `DraftRefused`."""
    return keep_draft(
        user=request.user,
        workspace=workspace,
        key=key,
        seen=_seen(request.POST.get("seen", "")),
        fields=request.POST.dict(),
    )


def _seen(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 10 else 0
