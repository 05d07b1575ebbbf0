"""What readers leave behind: where they were, and what they found wrong."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from knowledge.models.articles import Article
from knowledge.models.workspaces import Workspace

MAX_REPORT = 1000
MAX_ANCHOR = 120


class ProblemReport(models.Model):
    """A reader's word that an article is outdated or wrong. See `browsing/problem_reports`.

    `reporter_key` is the account's id or the guest's key: one open report each.
    """

    class Kind(models.TextChoices):
        OUTDATED = "outdated", "Outdated"
        WRONG = "wrong", "Wrong"
        UNCLEAR = "unclear", "Hard to understand"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="problem_reports", db_index=False
    )
    revision = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.CharField(max_length=MAX_REPORT, blank=True, default="")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    reporter_key = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "problem_reports"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.article}"


class ReadingPosition(models.Model):
    """Where a reader was in an article, to continue there. See `browsing/reading_positions`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, db_index=False)
    anchor = models.CharField(max_length=MAX_ANCHOR, blank=True, default="")
    heading = models.CharField(max_length=200, blank=True, default="")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "reading_positions"
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.article}"
