"""The worker's side of imports: lease a job, check or import its files one by one, say how far.

It runs in a thread beside indexing, so that neither waits for the other. Every file is found
again by its path and what it said, so a job that was stopped anywhere goes on, and repeats at
most one file, which then is unchanged. What people do with jobs is `jobs`.
"""

import logging
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bson import ObjectId
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connections
from django.db.models import Q
from django.utils import timezone
from gridfs.errors import NoFile
from pymongo.errors import PyMongoError

from kbsite import mongo
from knowledge.access import rights_in
from knowledge.editing import Conflict
from knowledge.models import ImportJob
from knowledge.transfer.fetching import CannotFetch, fetch
from knowledge.transfer.importing import (
    SAVED_MEANWHILE,
    ChangedTwice,
    article_of,
    create_from,
    default_visibility,
    outcome_of,
    update_from,
)
from knowledge.transfer.jobs import (
    WITH_THE_WORKER,
    forget_upload,
    new_status,
    store_upload,
)
from knowledge.transfer.markdown_files import CannotRead, Page
from knowledge.transfer.pictures import Album, at_home
from knowledge.transfer.reading import CannotOpen, ListedFile, Upload

logger = logging.getLogger(__name__)

MAX_FILES: Final = 2_000
"""Of one import: each has a line in its report, and a document of MongoDB holds 16 MiB."""

POLL_EVERY: Final = 0.5
SAVE_EVERY: Final = 0.5
State = ImportJob.State


class Failed(Exception):
    """The job as a whole cannot go on; the message is a sentence for people."""


class Ended(Exception):
    """The job is not this worker's to go on with: cancelled, or another worker's by now."""


class Stopping(Exception):
    """The worker was asked to stop; the job goes back as far as it is."""


def start_importing(name: str, stop: threading.Event) -> threading.Thread:
    """Begin the thread that imports until `stop` is set. `name` is the worker's."""
    thread = threading.Thread(target=_import_until, args=(name, stop), name="imports")
    thread.start()
    return thread


def run_next(name: str, stop: threading.Event) -> bool:
    """Take the job that has waited longest as far as it goes; False if there is none."""
    job = _lease_next(name)
    if job:
        _Run(job, stop).go()
    return job is not None


def _import_until(name: str, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if not run_next(name, stop):
                stop.wait(POLL_EVERY)
        except (PyMongoError, DatabaseError) as error:
            logger.warning("imports wait for MongoDB (%s)", type(error).__name__)
            stop.wait(POLL_EVERY)
    connections.close_all()


def _lease_next(name: str) -> ImportJob | None:
    """A job for LEASE_SECONDS. What this worker still holds, it once gave up on in trouble."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    free |= Q(lease_owner__startswith=f"{name}/")
    for job in ImportJob.objects.filter(free, state__in=WITH_THE_WORKER).order_by("created_at")[:5]:
        taken = ImportJob.objects.filter(pk=job.pk, state=job.state, lease_owner=job.lease_owner)
        owner = f"{name}/{ObjectId()}"
        if taken.update(lease_owner=owner, lease_until=_lease_end()):
            job.refresh_from_db()
            return job
    return None


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


class _Run:
    """One leased job. Every write is refused once the lease is lost or the job cancelled."""

    def __init__(self, job: ImportJob, stop: threading.Event) -> None:
        self.job, self._stop = job, stop
        self._ignored = job.counts.get("ignored", 0)
        self._saved = time.monotonic()

    def go(self) -> None:
        """Check it, or import it, to the end; or as far as it may."""
        try:
            if self.job.cancel_requested:
                raise Ended
            self._check_may_go_on()
            if self.job.url and not self.job.upload_id:
                self._fetch()
            with self._upload() as upload:
                self._check(upload) if self.job.state == State.CHECKING else self._import(upload)
        except Stopping:
            self._write(lease_owner="", lease_until=None)
        except Ended:
            self._finish_if_cancelled()
        except (Failed, CannotFetch) as error:
            self._finish(State.FAILED, error=str(error)[:300])
        except (PyMongoError, DatabaseError):
            raise
        except Exception as error:  # whatever one upload does, the others are imported
            logger.exception("import %s failed: %s", self.job.pk, type(error).__name__)
            reason = f"Something went wrong on our side ({type(error).__name__})."
            self._finish(State.FAILED, error=reason)

    def _fetch(self) -> None:
        page = fetch(self.job.url)
        with tempfile.TemporaryFile() as body:
            body.write(page.body)
            body.seek(0)
            stored = store_upload(
                self.job.workspace, f"page{page.suffix}", body, url=page.url, charset=page.charset
            )
        self._save(upload_id=str(stored))

    @contextmanager
    def _upload(self) -> Iterator[Upload]:
        try:
            stored = mongo.uploads().open_download_stream(ObjectId(self.job.upload_id))
        except NoFile as error:
            raise Failed("The upload is not there any more. Import it again.") from error
        about = stored.metadata or {}
        with tempfile.NamedTemporaryFile() as local:
            while piece := stored.read(1 << 20):
                local.write(piece)
            local.flush()
            try:
                with Upload(
                    Path(local.name),
                    name=stored.filename,
                    url=about.get("url", ""),
                    charset=about.get("charset", ""),
                ) as upload:
                    yield upload
            except CannotOpen as error:
                raise Failed(f"This upload cannot be read: {error}.") from error

    def _check(self, upload: Upload) -> None:
        listing = upload.listing()
        self._ignored = listing.ignored
        if not listing.files:
            raise Failed("There is nothing in it that can become an article.")
        if len(listing.files) > MAX_FILES:
            raise Failed(f"It holds more than {MAX_FILES:,} files; import it in parts.")
        self.job.total, self.job.entries = len(listing.files), []
        album = Album(upload, self.job.workspace, self.job.author, store=False)
        for file in listing.files:
            self._step()
            self.job.entries.append(self._planned(file, album))
            self.job.done = len(self.job.entries)
        work = {"created", "updated"} & {entry["outcome"] for entry in self.job.entries}
        if work:
            self._save(state=State.READY, done=0, lease_owner="", lease_until=None)
        else:
            self._finish(State.DONE)

    def _planned(self, file: ListedFile, album: Album) -> dict[str, Any]:
        if file.problem:
            return _entry(file.path, "refused", reason=_sentence(file.problem))

        def plan(page: Page, path: str) -> dict[str, Any]:
            article = article_of(page, path, self.job.workspace)
            outcome = outcome_of(page, article, revived_as=new_status(self.job))
            return {"outcome": outcome, "article": article.slug if article else ""}

        return self._with_page(file.path, album, plan)

    def _import(self, upload: Upload) -> None:
        album = Album(upload, self.job.workspace, self.job.author, store=True)
        for at in range(self.job.done, self.job.total):
            self._step()
            planned = self.job.entries[at]
            if planned["outcome"] != "refused":
                entry = self._with_page(planned["path"], album, self._written)
                if entry["outcome"] == "unchanged":  # or it was written before a restart
                    entry["outcome"] = planned["outcome"]
                self.job.entries[at] = entry
            self.job.done = at + 1
        self._finish(State.DONE)

    def _written(self, page: Page, path: str) -> dict[str, Any]:
        job, workspace = self.job, self.job.workspace
        if article := article_of(page, path, workspace):
            revived = new_status(job)
            outcome = update_from(page, article, author=job.author, revived_as=revived)
            return {"outcome": outcome, "article": article.slug}
        made = create_from(
            page,
            path,
            workspace=workspace,
            author=job.author,
            status=new_status(job),
            visibility=job.visibility or default_visibility(workspace),
        )
        return {"outcome": "created", "article": made.slug}

    def _with_page(
        self, path: str, album: Album, do: Callable[[Page, str], dict[str, Any]]
    ) -> dict[str, Any]:
        """What `do` says of the page of the file at `path`, or why it is refused."""
        source_path = self.job.url or path
        try:
            page, said = at_home(album.upload.page(path), path, album)
            return _entry(path, title=page.title, reason=said, **do(page, source_path))
        except (CannotRead, ChangedTwice) as error:
            return _entry(path, "refused", reason=_sentence(str(error)))
        except (Conflict, IntegrityError):
            return _entry(path, "refused", reason=_sentence(SAVED_MEANWHILE))

    def _step(self) -> None:
        """Before each file: may it go on, and is it time to say how far it is?"""
        if self._stop.is_set():
            self._write(**self._progress())
            raise Stopping
        if time.monotonic() - self._saved > SAVE_EVERY:
            self._check_may_go_on()
            self._save()

    def _check_may_go_on(self) -> None:
        """The author's rights count as they are now, not as they were when it began."""
        author = self.job.author
        self.job.workspace.refresh_from_db()
        if author is None or not rights_in(author, self.job.workspace).edit:
            raise Failed("Whoever began this import may no longer write in this workspace.")

    def _save(self, **fields: Any) -> None:
        self._saved = time.monotonic()
        held = {"lease_until": _lease_end(), **self._progress(), **fields}
        if not self._write(cancel_requested=False, **held):
            raise Ended
        for name, value in fields.items():
            setattr(self.job, name, value)

    def _finish_if_cancelled(self) -> None:
        self.job.refresh_from_db(fields=["cancel_requested"])
        if self.job.cancel_requested:
            self._finish(State.CANCELLED)

    def _finish(self, state: State, error: str = "") -> None:
        ended = {"state": state, "error": error, "finished_at": timezone.now()}
        if self._write(**self._progress(), **ended, lease_owner="", lease_until=None):
            forget_upload(self.job)

    def _progress(self) -> dict[str, Any]:
        counts = Counter(entry["outcome"] for entry in self.job.entries)
        return {
            "done": self.job.done,
            "total": self.job.total,
            "entries": self.job.entries,
            "counts": {**counts, "ignored": self._ignored},
        }

    def _write(self, **fields: Any) -> int:
        held = ImportJob.objects.filter(pk=self.job.pk, lease_owner=self.job.lease_owner)
        if fields.pop("cancel_requested", None) is False:
            held = held.filter(cancel_requested=False)
        return held.update(**fields)


def _entry(
    path: str, outcome: str, *, title: str = "", reason: str = "", article: str = ""
) -> dict[str, Any]:
    return {
        "path": path,
        "outcome": outcome,
        "title": title,
        "reason": reason,
        "article": article,
    }


def _sentence(reason: str) -> str:
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
