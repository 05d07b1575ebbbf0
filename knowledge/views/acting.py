"""What the views that act on one article share: it is found, and it is as it was seen."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404

from knowledge import editing
from knowledge.forms import SeenForm
from knowledge.models import Article
from knowledge.views.doors import MemberRequest


def found(article: Article | None) -> Article:
    if article is None:
        raise Http404("no such article")
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
