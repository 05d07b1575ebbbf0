"""An import job while a worker has it: leased for a time, saved as it goes on, given back, ended.

Every write is refused once the lease is lost, the job cancelled or its row gone. What is done
with the job's files is `running`.
"""

import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q
from django.utils import timezone

from knowledge.access import rights_in
from knowledge.models import ImportJob
from knowledge.transfer.jobs import WITH_THE_WORKER, forget_upload

SAVE_EVERY: Final = 0.5
State = ImportJob.State


class Failed(Exception):
    """The job as a whole cannot go on; the message is a sentence for people."""


class Ended(Exception):
    """The job is not this worker's to go on with: cancelled, removed, or another worker's."""


class Stopping(Exception):
    """The worker was asked to stop; the job goes back as far as it is."""


def lease_next(name: str) -> ImportJob | None:
    """A job for LEASE_SECONDS. What this worker still holds, it once gave up on in trouble."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    free |= Q(lease_owner__startswith=f"{name}/")
    for job in ImportJob.objects.filter(free, state__in=WITH_THE_WORKER).order_by("created_at")[:5]:
        taken = ImportJob.objects.filter(pk=job.pk, state=job.state, lease_owner=job.lease_owner)
        owner = f"{name}/{ObjectId()}"
        if taken.update(lease_owner=owner, lease_until=_lease_end()):
            return ImportJob.objects.filter(pk=job.pk).first()
    return None


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


class JobLease:
    """One leased job; `ignored` files of its upload never become articles."""

    def __init__(self, job: ImportJob, stop: threading.Event) -> None:
        self.job, self._stop = job, stop
        self.ignored = job.counts.get("ignored", 0)
        self._saved = time.monotonic()

    def step(self) -> None:
        """Before each file: may it go on, and is it time to say how far it is?"""
        if self._stop.is_set():
            self._write(**self._progress())
            raise Stopping
        if time.monotonic() - self._saved > SAVE_EVERY:
            self.check_may_go_on()
            self.save()

    def check_may_go_on(self) -> None:
        """The author's rights count as they are now, not as they were when it began."""
        try:
            self.job.refresh_from_db(fields=["author", "workspace"])
            author = self.job.author
            may = author is not None and rights_in(author, self.job.workspace).edit
        except ObjectDoesNotExist:  # purged meanwhile
            may = False
        if not may:
            raise Failed("Whoever began this import may no longer write in this workspace.")

    def save(self, **fields: Any) -> None:
        """Store how far it is, and keep the lease. Raises `Ended`."""
        self._saved = time.monotonic()
        held = {"lease_until": _lease_end(), **self._progress(), **fields}
        if not self._write(cancel_requested=False, **held):
            raise Ended
        for name, value in fields.items():
            setattr(self.job, name, value)

    def give_back(self) -> None:
        """Let another worker go on with it."""
        self._write(lease_owner="", lease_until=None)

    def finish_if_cancelled(self) -> None:
        if ImportJob.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            self.finish(State.CANCELLED)

    def finish(self, state: State, error: str = "") -> None:
        self._end(self._progress(), state, error)

    def break_off(self, error: str) -> None:
        """Finish as failed with the report as it was last saved: the new lines may be why."""
        progress = self._progress()
        del progress["entries"]
        self._end(progress, State.FAILED, error)

    def _end(self, progress: dict[str, Any], state: State, error: str) -> None:
        ended = {"state": state, "error": error, "finished_at": timezone.now()}
        if self._write(**progress, **ended, lease_owner="", lease_until=None):
            forget_upload(self.job)

    def _progress(self) -> dict[str, Any]:
        counts = Counter(entry["outcome"] for entry in self.job.entries)
        return {
            "done": self.job.done,
            "total": self.job.total,
            "entries": self.job.entries,
            "counts": {**counts, "ignored": self.ignored},
        }

    def _write(self, **fields: Any) -> int:
        held = ImportJob.objects.filter(pk=self.job.pk, lease_owner=self.job.lease_owner)
        if fields.pop("cancel_requested", None) is False:
            held = held.filter(cancel_requested=False)
        return held.update(**fields)
