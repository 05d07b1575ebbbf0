"""Articles as the API shows them, and as clients send them.

Fields that are not named here are ignored, whoever sends them: the workspace, the author, the
revision and everything that the worker keeps are decided by the site.
"""

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kbsite.api.fields import WordField
from knowledge.api.fields import (
    ContentField,
    LineField,
    SlugField,
    TagsField,
    VersionField,
)
from knowledge.forms import check_slug_is_free
from knowledge.index_state import KINDS, Kind, index_state
from knowledge.models import (
    MAX_CATEGORY,
    MAX_NOTE,
    MAX_SLUG,
    MAX_SUMMARY,
    MAX_TITLE,
    Article,
    Status,
    Visibility,
)

STATUSES: Final = [(s.value, s.label) for s in (Status.DRAFT, Status.PUBLISHED, Status.ARCHIVED)]
"""What an article may be made by sending it; into the trash it goes by DELETE."""


class Output(serializers.Serializer[Any]):
    """What the site shows. `context["door"]` is the view, which knows the reader's rights."""

    @property
    def writer(self) -> bool:
        return bool(self.context["door"].writer)

    @property
    def member(self) -> bool:
        return self.context["door"].rights.role is not None


class IndexData(Output):
    """How far search has followed an article."""

    state = serializers.SerializerMethodField(
        help_text="Of the newest revision; until it is `searchable`, searches find the "
        "`indexed_revision`. `not_searched`: indexed, but not published."
    )
    indexed_revision = serializers.IntegerField(help_text="0: none yet.")
    indexed_at = serializers.DateTimeField(allow_null=True)
    chunks_done = serializers.IntegerField(help_text="Passages of `chunks_total`.")
    chunks_total = serializers.IntegerField()
    error = serializers.SerializerMethodField(
        help_text="Why it failed, for those who write here; else empty."
    )
    next_try_at = serializers.SerializerMethodField(help_text="Where it has failed.")

    @extend_schema_field(serializers.ChoiceField(choices=KINDS))
    def get_state(self, article: Article) -> Kind:
        return index_state(article).kind

    def get_error(self, article: Article) -> str:
        return article.index_error if self.writer else ""

    def get_next_try_at(self, article: Article) -> datetime | None:
        return index_state(article).next_try


class ArticleSummary(Output):
    """An article without its text."""

    slug = serializers.CharField()
    url = serializers.CharField(source="get_absolute_url", help_text="Its page, for people.")
    title = serializers.CharField()
    summary = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    category = serializers.CharField()
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    status = serializers.ChoiceField(choices=STATUSES)
    author = serializers.SerializerMethodField(
        help_text="The user name, for members; else null, as where nobody is known."
    )
    version = serializers.IntegerField(help_text="Counts every write; also the ETag.")
    revision = serializers.IntegerField(help_text="Counts changes of title and content.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    index = IndexData(source="*")

    def get_author(self, article: Article) -> str | None:
        return article.author.username if self.member and article.author else None


class ArticleData(ArticleSummary):
    """A whole article."""

    content = serializers.CharField(help_text="Markdown.")


class ArticleInput(serializers.Serializer[dict[str, Any]]):
    """A new article, or changes to `context["article"]`. `context["door"]` is the view."""

    title = LineField(max_length=MAX_TITLE, error_messages={"null": "This field is required."})
    content = ContentField(required=False, allow_blank=True, help_text="Markdown.")
    summary = LineField(max_length=MAX_SUMMARY, required=False, allow_blank=True)
    tags = TagsField(required=False)
    category = LineField(max_length=MAX_CATEGORY, required=False, allow_blank=True)
    visibility = WordField(
        choices=Visibility.choices,
        required=False,
        help_text="And at most those who may read the workspace, as it is without this.",
    )
    status = WordField(choices=STATUSES, required=False, help_text="`draft` unless given.")
    slug = SlugField(
        max_length=MAX_SLUG, required=False, help_text="Made from the title unless given."
    )

    def validate_slug(self, slug: str) -> str:
        workspace = self.context["door"].workspace
        check_slug_is_free(slug, workspace=workspace, article=self.context.get("article"))
        return slug


class ArticleChanges(ArticleInput):
    """What is to change about an article; what is not sent stays."""

    status = WordField(choices=STATUSES, required=False)
    slug = SlugField(max_length=MAX_SLUG, required=False, help_text="The old one leads to it.")
    visibility = WordField(choices=Visibility.choices, required=False)
    note = LineField(
        max_length=MAX_NOTE,
        required=False,
        allow_blank=True,
        help_text="What changed, for the history of revisions.",
    )
    version = VersionField(required=False, help_text="The one you saw, unless If-Match says it.")
