"""Where somebody is signed in. How sessions begin, go on and end is `accounts/sessions.py`."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_mongodb_backend.fields import ArrayField


class Session(models.Model):
    """One sign-in of a browser or a program; a visitor's until they sign in.

    Secrets are stored as SHA-256 only: `key_hash` of the browser's cookie, `refresh_hash` of a
    program's refresh token, `spent_refresh` of those it had before. The id stays when they
    change, so it names the session in pages, tokens and the audit log. A revoked session is kept
    until `purge_at`.
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", "Browser"
        API = "api", "Program"

    class Stage(models.TextChoices):
        VISITOR = "visitor", "Not signed in"
        HALF = "half", "Password given, second step missing"
        FULL = "full", "Signed in"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BROWSER)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.VISITOR)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="sessions",
        db_index=False,
    )
    auth_hash = models.CharField(max_length=64, default="")
    """`User.get_session_auth_hash()` at sign-in: another password ends the session."""
    key_hash = models.CharField(max_length=64, default="")
    data = models.TextField(default="")

    refresh_hash = models.CharField(max_length=64, default="")
    spent_refresh = ArrayField(models.CharField(max_length=64), default=list, size=None)
    successor = models.CharField(max_length=255, default="")
    refreshed_at = models.DateTimeField(null=True)

    user_agent = models.CharField(max_length=300, default="")
    address = models.CharField(max_length=45, default="")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    """When it ends if nothing happens: moved on by use, never past `ends_at`."""
    ends_at = models.DateTimeField()
    purge_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_why = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "sessions"
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.user or 'a visitor'}"

    @property
    def is_open(self) -> bool:
        now = timezone.now()
        return self.revoked_at is None and now < min(self.expires_at, self.ends_at)
