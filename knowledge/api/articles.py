"""The API: a workspace's articles, and one of them. Every write is `editing`'s."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import Http404
from django.urls import reverse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from kbsite.api.operation import OF_A_BODY, OF_A_WRITE, operation
from knowledge import editing
from knowledge.api.article_data import ArticleChanges, ArticleData, ArticleInput
from knowledge.api.doors import WorkspaceDoor
from knowledge.api.listing import (
    FILTERS,
    INVALID_CURSOR,
    ArticlePage,
    Paging,
    asked_page,
    asked_query,
)
from knowledge.api.operation import ETAG, IF_MATCH, OF_A_VERSION, ConflictSchema
from knowledge.api.preconditions import etag, seen_version
from knowledge.api.problems import VersionConflict
from knowledge.browsing.cursors import InvalidCursor
from knowledge.browsing.listing import list_articles
from knowledge.forms import SLUG_TAKEN
from knowledge.models import Article

TAG = "articles"


class ArticleDoor(WorkspaceDoor):
    """What the views of articles share: how one is shown, and how one is written."""

    def shown(self, article: Article, status: int = 200, **headers: str) -> Response:
        article.workspace = self.workspace
        data = ArticleData(article, context={"door": self}).data
        return Response(data, status=status, headers=etag(article) | headers)


@contextmanager
def refusals(article: Article | None = None) -> Iterator[None]:
    """What `editing` refuses, as problems; `article` is the one that is written, if it exists."""
    try:
        yield
    except editing.SlugTaken:
        raise ValidationError({"slug": [SLUG_TAKEN]}) from None
    except editing.Conflict:
        now = Article.objects.filter(pk=article.pk).first() if article else None
        raise (VersionConflict(now) if now else Http404) from None


class ArticlesView(ArticleDoor):
    """The articles of a workspace."""

    @operation(
        "list_articles",
        "List articles",
        tag=TAG,
        scope="read",
        returns={200: ArticlePage},
        parameters=[Paging, *FILTERS],
        refusals=[400, 404],
    )
    def get(self, request: Request, workspace: str) -> Response:
        """The articles that you may read, without their texts."""
        cursor, limit = asked_page(request)
        query = asked_query(request)
        try:
            page = list_articles(self.rights, self.workspace, query, cursor=cursor, limit=limit)
        except InvalidCursor:
            raise ValidationError({"cursor": [INVALID_CURSOR]}) from None
        shown = {
            "items": page.articles,
            "next_cursor": page.next_cursor or None,
            "previous_cursor": page.previous_cursor or None,
        }
        return Response(ArticlePage(shown, context={"door": self}).data)

    @operation(
        "create_article",
        "Create an article",
        tag=TAG,
        scope="write",
        body=ArticleInput,
        returns={201: ArticleData},
        parameters=[ETAG],
        refusals=[*OF_A_WRITE, *OF_A_BODY, 404],
    )
    def post(self, request: Request, workspace: str) -> Response:
        """A draft unless `status` says otherwise; Location is its address in the API."""
        sent = ArticleInput(data=request.data, context={"door": self})
        sent.is_valid(raise_exception=True)
        fields = {"content": "", "visibility": self.workspace.visibility, **sent.validated_data}
        with refusals():
            article = editing.create_article(workspace=self.workspace, author=self.person, **fields)
        article.refresh_from_db()  # its times as they are stored
        location = reverse("api:article", args=[self.workspace.slug, article.slug])
        return self.shown(article, 201, Location=location)


class ArticleView(ArticleDoor):
    """One article."""

    @operation(
        "read_article",
        "Read an article",
        tag=TAG,
        scope="read",
        returns={200: ArticleData},
        parameters=[ETAG],
        refusals=[308, 404],
    )
    def get(self, request: Request, workspace: str, slug: str) -> Response:
        """The article with its text, and how far search has followed it."""
        return self.shown(self.article(slug))

    @operation(
        "update_article",
        "Change an article",
        tag=TAG,
        scope="write",
        body=ArticleChanges,
        returns={200: ArticleData},
        parameters=[IF_MATCH, ETAG],
        refusals=[308, *OF_A_WRITE, *OF_A_BODY, *OF_A_VERSION, 404],
        conflict=ConflictSchema,
    )
    def patch(self, request: Request, workspace: str, slug: str) -> Response:
        """Change what is sent and leave the rest. `status` publishes, archives, or makes a draft.

        Say which version you saw, as If-Match or as `version`: 409 where it has moved on, with
        the version and revision it is at; 428 where you do not say.
        """
        article = self.article(slug)
        context = {"door": self, "article": article}
        sent = ArticleChanges(data=request.data, partial=True, context=context)
        sent.is_valid(raise_exception=True)
        changes = dict(sent.validated_data)
        seen = seen_version(request, changes.pop("version", None))
        with refusals(article):
            editing.edit_article(article, seen=seen, author=self.person, **changes)
        return self.shown(article)

    @operation(
        "delete_article",
        "Move an article to the trash",
        tag=TAG,
        scope="write",
        returns={204: None},
        parameters=[IF_MATCH],
        refusals=[308, *OF_A_WRITE, *OF_A_VERSION, 404],
        conflict=ConflictSchema,
    )
    def delete(self, request: Request, workspace: str, slug: str) -> Response:
        """Take it out of every list and search. On the site it can be restored for a while."""
        article = self.article(slug)
        seen = seen_version(request)
        with refusals(article):
            editing.trash_article(article, seen=seen, author=self.person)
        return Response(status=204)
