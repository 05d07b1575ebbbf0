"""What the views that act on one article share: it is found, and it is as it was seen."""

from collections.abc import Callable

from bson import ObjectId
from django.contrib import messages
from django.http import Http404

from knowledge import editing
from knowledge.access import may_read
from knowledge.forms import SeenForm
from knowledge.models import Article, Workspace
from knowledge.views.doors import MemberRequest


def found(article: Article | None) -> Article:
    if article is None:
        raise Http404("no such article")
    return article


def opened_for(request: MemberRequest, workspace: Workspace) -> Article | None:
    """The article whose form was sent, whatever its address is by now; None if it is gone."""
    key = request.POST.get("key", "")
    own = Article.objects.filter(workspace_id=workspace.pk)
    article = own.filter(pk=key).first() if ObjectId.is_valid(key) else None
    if article is None or not may_read(request.rights, article):
        return None
    article.workspace = workspace
    return article


def act(request: MemberRequest, article: Article, act: Callable[..., bool]) -> bool:
    """Do it to the article as it was seen; where it has changed since, say so instead."""
    form = SeenForm(request.POST)
    try:
        if form.is_valid():
            act(article, seen=form.cleaned_data["seen"], author=request.user)
            return True
    except editing.Conflict:
        pass
    messages.warning(request, "Nothing was done: somebody saved this article. Look at it again.")
    return False
