"""What the worker does with one import job: fetch, check or import its files one by one.

Every file is found again by its path and what it said, so a job that was stopped anywhere goes
on, and repeats at most one file, which then is unchanged. The lease is `job_lease`; what one
file becomes is `importing`.
"""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bson import ObjectId
from django.db import IntegrityError
from django.utils.text import Truncator
from gridfs.errors import NoFile

from kbsite import mongo
from kbsite.logs import without_message
from knowledge.editing import Conflict
from knowledge.models import MAX_SOURCE_PATH, ImportJob
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
from knowledge.transfer.job_lease import Ended, Failed, JobLease, State, Stopping
from knowledge.transfer.jobs import MAX_FILES, new_status, store_upload
from knowledge.transfer.markdown_files import CannotRead, Page
from knowledge.transfer.pictures import Album, at_home
from knowledge.transfer.reading import CannotOpen, ListedFile, Upload

logger = logging.getLogger(__name__)

MAX_REASON: Final = 500


def run(job: ImportJob, stop: threading.Event) -> None:
    """Check it, or import it, to the end; or as far as it may.

    Raises only what passes by itself, such as MongoDB being away; then it is taken up again.
    """
    lease = JobLease(job, stop)
    try:
        _Run(lease).go()
    except Exception as error:  # whatever one upload does, the others are imported
        if mongo.passes(error):
            raise
        logger.error("import %s: %s", job.pk, without_message(error))
        lease.break_off(f"Something went wrong on our side ({type(error).__name__}).")


class _Run:
    """One leased job on its way."""

    def __init__(self, lease: JobLease) -> None:
        self._lease, self.job = lease, lease.job

    def go(self) -> None:
        try:
            self._work()
        except Stopping:
            self._lease.give_back()
        except Ended:
            self._lease.finish_if_cancelled()
        except (Failed, CannotFetch) as error:
            self._lease.finish(State.FAILED, error=str(error)[:300])

    def _work(self) -> None:
        if self.job.cancel_requested:
            raise Ended
        self._lease.check_may_go_on()
        if self.job.url and not self.job.upload_id:
            self._fetch()
        with self._upload() as upload:
            self._check(upload) if self.job.state == State.CHECKING else self._import(upload)

    def _fetch(self) -> None:
        page = fetch(self.job.url)
        with tempfile.TemporaryFile() as body:
            body.write(page.body)
            body.seek(0)
            stored = store_upload(
                self.job.workspace, f"page{page.suffix}", body, url=page.url, charset=page.charset
            )
        self._lease.save(upload_id=str(stored))

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
        self._lease.ignored = listing.ignored
        if not listing.files:
            raise Failed("There is nothing in it that can become an article.")
        if len(listing.files) > MAX_FILES:
            raise Failed(f"It holds more than {MAX_FILES:,} files; import it in parts.")
        self.job.total, self.job.entries = len(listing.files), []
        album = Album(upload, self.job.workspace, self.job.author, store=False)
        for file in listing.files:
            self._lease.step()
            self.job.entries.append(self._planned(file, album))
            self.job.done = len(self.job.entries)
        work = {"created", "updated"} & {entry["outcome"] for entry in self.job.entries}
        if work:
            self._lease.save(state=State.READY, done=0, lease_owner="", lease_until=None)
        else:
            self._lease.finish(State.DONE)

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
            self._lease.step()
            planned = self.job.entries[at]
            if planned["outcome"] != "refused":
                entry = self._with_page(planned["path"], album, self._written)
                if entry["outcome"] == "unchanged":  # or it was written before a restart
                    entry["outcome"] = planned["outcome"]
                self.job.entries[at] = entry
            self.job.done = at + 1
        self._lease.finish(State.DONE)

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


def _entry(
    path: str, outcome: str, *, title: str = "", reason: str = "", article: str = ""
) -> dict[str, Any]:
    """A line of the report; no longer path than this is ever imported."""
    return {
        "path": path[:MAX_SOURCE_PATH],
        "outcome": outcome,
        "title": title,
        "reason": Truncator(reason).chars(MAX_REASON),
        "article": article,
    }


def _sentence(reason: str) -> str:
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
