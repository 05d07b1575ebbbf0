"""The API: what an article said before. As on the pages, that is for those who write."""

from typing import Any, Final

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kbsite.api.operation import OF_A_BODY, OF_A_WRITE, operation
from knowledge.api.article_data import ArticleData
from knowledge.api.articles import ArticleDoor, refusals
from knowledge.api.fields import VersionField
from knowledge.api.listing import Page, Paging, asked_place
from knowledge.api.operation import ETAG, IF_MATCH, OF_A_VERSION, ConflictSchema
from knowledge.api.preconditions import seen_version
from knowledge.authoring.history import (
    restore_revision,
    revision_or_none,
    revisions_of,
    with_authors,
)
from knowledge.models import Article, Revision

TAG: Final = "revisions"
LARGEST: Final = 2**31 - 1
"""What a stored number can be."""


class RevisionSummary(serializers.Serializer[Revision]):
    """A revision without its text."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    note = serializers.CharField(help_text="What changed, in the words of who changed it.")
    author = serializers.SerializerMethodField(help_text="The user name, where it is known.")
    created_at = serializers.DateTimeField()

    def get_author(self, revision: Revision) -> str | None:
        return revision.author.username if revision.author else None


class RevisionData(RevisionSummary):
    """A whole revision."""

    content = serializers.CharField(help_text="Markdown.")


class RevisionPage(Page):
    """Some of the revisions, the newest first."""

    items = RevisionSummary(many=True)


class VersionInput(serializers.Serializer[dict[str, Any]]):
    """Which version of the article you saw, unless If-Match says it."""

    version = VersionField(required=False)


class RevisionDoor(ArticleDoor):
    """Old texts may say what was taken out for a reason."""

    for_readers = ()

    def revision(self, article: Article, number: int) -> Revision:
        found = revision_or_none(article, number) if number <= LARGEST else None
        if found is None:
            raise Http404
        return found


class RevisionsView(RevisionDoor):
    """The revisions of an article."""

    @operation(
        "list_revisions",
        "List revisions",
        tag=TAG,
        scope="read",
        returns={200: RevisionPage},
        parameters=[Paging],
        refusals=[308, 400, 401, 403, 404],
    )
    def get(self, request: Request, workspace: str, slug: str) -> Response:
        """The revisions, without their texts, the newest first."""
        below, limit = asked_place(request, default=LARGEST)
        found = revisions_of(self.article(slug), below=below)[: limit + 1]
        shown = with_authors(found)
        more = len(shown) > limit
        return Response(
            RevisionPage(
                {
                    "items": shown[:limit],
                    "next_cursor": str(shown[limit - 1].number) if more else None,
                    "previous_cursor": None,
                }
            ).data
        )


class RevisionView(RevisionDoor):
    """One revision."""

    @operation(
        "read_revision",
        "Read a revision",
        tag=TAG,
        scope="read",
        returns={200: RevisionData},
        refusals=[308, 401, 403, 404],
    )
    def get(self, request: Request, workspace: str, slug: str, number: int) -> Response:
        """The revision with its text."""
        return Response(RevisionData(self.revision(self.article(slug), number)).data)


class RestoreView(RevisionDoor):
    """Makes an old revision new again."""

    @operation(
        "restore_revision",
        "Restore a revision",
        tag=TAG,
        scope="write",
        body=VersionInput,
        returns={200: ArticleData},
        parameters=[IF_MATCH, ETAG],
        refusals=[308, *OF_A_WRITE, *OF_A_BODY, *OF_A_VERSION, 404],
        conflict=ConflictSchema,
    )
    def post(self, request: Request, workspace: str, slug: str, number: int) -> Response:
        """Make a new revision that says what this one said. Say which version you saw."""
        article = self.article(slug)
        revision = self.revision(article, number)
        sent = VersionInput(data=request.data)
        sent.is_valid(raise_exception=True)
        seen = seen_version(request, sent.validated_data.get("version"))
        with refusals(article):
            restore_revision(article, revision, seen=seen, author=self.person)
        return self.shown(article)
