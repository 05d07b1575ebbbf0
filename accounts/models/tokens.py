"""Personal API tokens. Making, checking and revoking them is `accounts/api_tokens.py`."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_mongodb_backend.fields import ArrayField


class ApiToken(models.Model):
    """A named secret by which a person's own program acts for them, within its scopes.

    Only the SHA-256 of the secret is stored; `hint` is its end, to tell tokens apart.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read articles"
        ASK = "ask", "Ask questions"
        WRITE = "write", "Write articles"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        db_index=False,
    )
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), size=None)
    token_hash = models.CharField(max_length=64)
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_tokens"
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name
