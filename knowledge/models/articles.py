"""Articles, their revisions, and what belongs to one article.

Writing articles is `editing.py`; the fields under "index state" are written by `worker.py` and
`indexing.py` alone.
"""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django_mongodb_backend.fields import ArrayField, ObjectIdField

from knowledge.models.workspaces import MAX_SLUG, Visibility, Workspace

MAX_TITLE = 200
MAX_SUMMARY = 500
MAX_TAG = 40
MAX_CATEGORY = 60
MAX_SOURCE_PATH = 500
MAX_NOTE = 200
LONG_FIELDS = ("content", "indexed")
"""What lists of articles do not load."""


class Status(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    ARCHIVED = "archived", "Archived"
    TRASHED = "trashed", "In the trash"


class Article(models.Model):
    """A Markdown document, and how far the search index has followed it.

    `version` counts every write by a person and is what compare-and-set compares;
    `revision` counts the writes that changed title or content, which search has to follow;
    `title_key` is what lists sort by and find titles in, see `browsing/titles`; `source_hash` is
    what the file at `source_path` said when it was last imported; `image_ids` are the site's
    images that the content names.

    The document has one field more, `indexed`: {title, content} at `indexed_revision`, which
    search engines read. The model does not declare it, so that no save can change it.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="articles", db_index=False
    )
    title = models.CharField(max_length=MAX_TITLE)
    title_key = models.CharField(max_length=MAX_TITLE, default="", editable=False)
    slug = models.SlugField(max_length=MAX_SLUG, db_index=False)
    content = models.TextField()
    summary = models.CharField(max_length=MAX_SUMMARY, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=MAX_TAG), default=list, blank=True, size=None)
    category = models.CharField(max_length=MAX_CATEGORY, blank=True, default="")
    visibility = models.CharField(
        max_length=10, choices=Visibility, default=Visibility.MEMBERS, db_index=False
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    source_path = models.CharField(
        max_length=MAX_SOURCE_PATH, blank=True, default="", editable=False
    )
    source_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    image_ids = ArrayField(ObjectIdField(), default=list, blank=True, editable=False)
    trashed_at = models.DateTimeField(null=True, editable=False)
    trashed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    trashed_from = models.CharField(max_length=10, default="", editable=False)
    version = models.IntegerField(default=1, editable=False)
    revision = models.IntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # index state
    pending = models.BooleanField(default=True, editable=False)
    indexed_revision = models.IntegerField(default=0, editable=False)
    indexed_at = models.DateTimeField(null=True, editable=False)
    lease_owner = models.CharField(max_length=80, default="", editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.IntegerField(default=0, editable=False)
    not_before = models.DateTimeField(default=timezone.now, editable=False)
    index_error = models.CharField(max_length=300, default="", editable=False)
    chunks_done = models.IntegerField(default=0, editable=False)
    chunks_total = models.IntegerField(default=0, editable=False)

    class Meta:
        db_table = "articles"
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("knowledge:article", args=[self.workspace.slug, self.slug])


class Revision(models.Model):
    """What an article said at one time. `html`, `headings` and `references` are its rendering.

    `rendered_by` is the version of the renderer that made it, or, where `html` is empty, that
    could not; it is empty until somebody looks. `references` are the links and images of
    this site in it, as dicts of `links.Reference`.
    """

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.IntegerField()
    title = models.CharField(max_length=MAX_TITLE)
    content = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    note = models.CharField(max_length=MAX_NOTE, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    html = models.TextField(blank=True, default="")
    headings = models.JSONField(default=list, blank=True)
    references = models.JSONField(default=list, blank=True)
    image_ids = ArrayField(ObjectIdField(), default=list, blank=True)
    rendered_by = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        db_table = "article_revisions"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.title} · revision {self.number}"


class OldAddress(models.Model):
    """A slug that an article had before: links to it lead to the article. See `editing`."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    slug = models.SlugField(max_length=MAX_SLUG, db_index=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, db_index=False)

    class Meta:
        db_table = "old_addresses"

    def __str__(self) -> str:
        return self.slug


class Draft(models.Model):
    """What somebody typed and has not saved yet; nobody else sees it. See `authoring/drafts`.

    `key` is the id of the article, or one that the page of a new article made up; `fields` are
    the form's, as typed; `seen` is the version that the page was opened at.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts", db_index=False
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, null=True, db_index=False)
    key = models.CharField(max_length=32)
    seen = models.IntegerField(default=0)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "drafts"

    def __str__(self) -> str:
        return f"{self.user}: {self.key}"
