"""The audit log's entries. Writing one is `accounts/audit.py`."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.utils import timezone

ONLY_ADDED = "the audit log is only added to"


class Additions(models.QuerySet["AuditEvent"]):
    """Events to read; Django offers no way to change or delete many of them either."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError(ONLY_ADDED)

    def delete(self) -> NoReturn:
        raise TypeError(ONLY_ADDED)

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise TypeError(ONLY_ADDED)


class AuditEvent(models.Model):
    """What somebody did, on whom, from where, and what came of it. Never changed, never deleted.

    Names are kept beside ids, so that an entry is readable when its people are gone. MongoDB
    removes it at `purge_at`.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    at = models.DateTimeField("when", default=timezone.now)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE)
    actor_id = models.CharField(max_length=24, default="")
    actor_name = models.CharField("by", max_length=150, default="")
    target_id = models.CharField(max_length=24, default="")
    target_name = models.CharField("on", max_length=150, default="")
    address = models.CharField("from", max_length=45, default="")
    details = models.JSONField(default=dict)
    purge_at = models.DateTimeField()

    objects: ClassVar[models.Manager["AuditEvent"]] = models.Manager.from_queryset(Additions)()

    class Meta:
        db_table = "audit_events"
        ordering = ["-at"]
        verbose_name = "audit event"

    def __str__(self) -> str:
        return f"{self.action}: {self.target_name or self.actor_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(ONLY_ADDED)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(ONLY_ADDED)
