"""Work on many articles at once: imports, and actions that can be undone."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from knowledge.models.articles import MAX_NOTE
from knowledge.models.workspaces import Visibility, Workspace

MAX_BULK_VALUE = 1000


class ImportJob(models.Model):
    """Files on their way to becoming articles: checked first, then imported by the worker.

    See `transfer/jobs`. `upload_id` names the upload in the GridFS bucket `uploads`; `entries`
    are dicts with `path`, `outcome`, `title`, `reason`, `article` (its slug, once there is one).
    """

    class State(models.TextChoices):
        CHECKING = "checking", "Being checked"
        READY = "ready", "Checked: nothing is imported yet"
        IMPORTING = "importing", "Being imported"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="imports", db_index=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    name = models.CharField(max_length=MAX_NOTE)
    url = models.CharField(max_length=2000, blank=True, default="")
    upload_id = models.CharField(max_length=24, blank=True, default="")
    visibility = models.CharField(max_length=10, choices=Visibility, blank=True, default="")
    publish = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    entries = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True, default="")
    cancel_requested = models.BooleanField(default=False)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_jobs"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class BulkAction(models.Model):
    """What was done to several articles at once, so that it can be undone. See `authoring/bulk`.

    `steps` are dicts with `article` (id), `version` (after it) and `before` (fields and values);
    `skipped` are dicts with `title` and `reason`.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    action = models.CharField(max_length=20)
    value = models.CharField(max_length=MAX_BULK_VALUE, blank=True, default="")
    steps = models.JSONField(default=list)
    skipped = models.JSONField(default=list)
    done_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "bulk_actions"

    def __str__(self) -> str:
        return f"{self.action}: {len(self.steps)} articles"
