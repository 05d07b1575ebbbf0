"""Mails that wait to be sent: queued by `accounts/outbox.py`, sent by `accounts/sending.py`."""

from django.db import models
from django.utils import timezone


class QueuedMail(models.Model):
    """What to tell whom: not the mail itself, whose secrets are made when it is sent.

    It names an account by its id, or by a name or e-mail that somebody typed (`identity`), which
    may be nobody's: then there is nothing to send. Leased by the process that sends it.
    """

    kind = models.CharField(max_length=40)
    user_id = models.CharField(max_length=24, default="")
    identity = models.CharField(max_length=254, default="")
    base_url = models.CharField(max_length=300, default="")
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.IntegerField(default=0)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox"

    def __str__(self) -> str:
        return self.kind
