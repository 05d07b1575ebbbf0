"""Who gets past an address of the API: the same people as on the pages (`views/doors`).

Whoever may not read a workspace gets the 404 of one that does not exist, whatever they try in it.
Whoever may read but not write is told so, before anything is looked up.
"""

from collections.abc import Collection
from typing import Any, ClassVar, cast

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.urls import ResolverMatch, reverse
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import User
from kbsite.api.doors import Door
from knowledge.access import Rights, may_read, rights_in
from knowledge.addresses import moved_article
from knowledge.api.problems import Moved
from knowledge.browsing.listing import is_writer
from knowledge.models import Article, Workspace

SIGN_IN = "Sign in first: visitors read this workspace, but do not write in it."
READ_ONLY = "You may read this workspace, but not write in it."
ARCHIVED = "This workspace is archived: it is read, but nobody writes in it."


class WorkspaceDoor(Door):
    """A view of one workspace; `for_readers` are the methods that need no right to write."""

    for_readers: ClassVar[Collection[str]] = SAFE_METHODS
    workspace: Workspace
    rights: Rights

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        workspace = Workspace.objects.filter(slug=kwargs["workspace"]).first()
        if workspace is None:
            raise Http404
        self.workspace, self.rights = workspace, rights_in(request.user, workspace)
        if not self.rights.scope.grants:
            raise Http404
        method = request.method or ""
        if method not in self.for_readers and hasattr(self, method.lower()):
            self._check_writes(request)

    @property
    def person(self) -> User:
        """Who writes: only somebody with an account has the right to."""
        return cast("User", self.request.user)

    @property
    def writer(self) -> bool:
        """Whether the person sees what only writers see, as they do in an archived workspace."""
        return is_writer(self.rights)

    def article(self, slug: str) -> Article:
        """The article at this address. Raises `Moved` where it has another by now."""
        found = Article.objects.filter(workspace_id=self.workspace.pk, slug=slug).first()
        article = found or moved_article(self.workspace, slug)
        if article is None or not may_read(self.rights, article):
            raise Http404
        if found is None:
            raise Moved(self._address_now(article))
        article.workspace = self.workspace
        return article

    def _address_now(self, article: Article) -> str:
        """The address of this request, with the slug that the article has now."""
        match = cast("ResolverMatch", self.request.resolver_match)
        query = self.request.META["QUERY_STRING"]
        address = reverse(match.view_name, kwargs={**match.kwargs, "slug": article.slug})
        return f"{address}?{query}" if query else address

    def _check_writes(self, request: Request) -> None:
        if self.rights.edit:
            return
        if isinstance(request.user, AnonymousUser):
            raise NotAuthenticated(SIGN_IN)
        raise PermissionDenied(ARCHIVED if self.writer else READ_ONLY)
