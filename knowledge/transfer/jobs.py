"""Imports as people and the API know them: begin one, confirm what it would do, end it.

A job is checked by the worker first (`checking` → `ready`), so that its report says what would
happen; only after `confirm` does it write articles (`importing` → `done`). The worker's side is
`running`; what one file becomes is `importing`. Who may do this is decided before it is called.
"""

import tempfile
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, Any, Final, cast

from bson import ObjectId
from bson.errors import InvalidId
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.text import Truncator

from accounts.models import User
from kbsite import mongo
from knowledge.browsing.cursors import ordered
from knowledge.models import MAX_NOTE, MAX_SOURCE_PATH, ImportJob, Status, Visibility, Workspace
from knowledge.transfer.fetching import CannotFetch, checked_url
from knowledge.transfer.formats import ARCHIVE, NAMES, is_importable, suffix_of

MAX_OPEN_JOBS: Final = 10
"""Unfinished imports of one workspace: each may hold an upload."""

MAX_FILES: Final = 2_000
"""Of one import: each has a line in its report, and a document of MongoDB holds 16 MiB."""

READY_KEPT: Final = timedelta(days=7)
REPORT_KEPT: Final = timedelta(days=90)
RECENT: Final = 20
OPEN: Final = (ImportJob.State.CHECKING, ImportJob.State.READY, ImportJob.State.IMPORTING)
WITH_THE_WORKER: Final = (ImportJob.State.CHECKING, ImportJob.State.IMPORTING)


class CannotImport(Exception):
    """The import cannot begin; the message is a sentence for whoever asked for it."""


class NotReady(Exception):
    """The job is not waiting to be confirmed (any more)."""


def create_job(
    *,
    workspace: Workspace,
    author: User,
    files: "Sequence[UploadedFile[Any]]" = (),
    url: str = "",
) -> ImportJob:
    """Keep the files, or the address, and let the worker check them. Raises `CannotImport`.

    `files` are one zip or any number of others; give either them or `url`.
    """
    if bool(files) == bool(url):
        raise CannotImport("Choose files to import, or give the address of a page: one of the two.")
    _check_room(workspace)
    if url:
        name = _checked_address(url)
        return ImportJob.objects.create(
            workspace=workspace, author=author, name=name[:200], url=name
        )
    _check(files)
    return ImportJob.objects.create(
        workspace=workspace,
        author=author,
        name=_shown_name(files),
        upload_id=str(store_files(workspace, files)),
    )


def confirm(job: ImportJob, *, visibility: str = "", publish: bool = False) -> None:
    """Let the worker import what it checked. Raises `NotReady`.

    `visibility` is for new articles and, left empty, the workspace's own; new articles are
    published or drafts. Articles that are there already keep both.
    """
    if visibility and visibility not in Visibility.values:
        raise ValueError(visibility)
    confirmed = ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.READY).update(
        state=ImportJob.State.IMPORTING,
        visibility=visibility,
        publish=publish,
        done=0,
        confirmed_at=timezone.now(),
    )
    job.refresh_from_db()
    if not confirmed:
        raise NotReady


def cancel(job: ImportJob) -> None:
    """End the job: at once where nobody works on it, else before its next file.

    What was imported by then stays. A finished job stays as it is.
    """
    now = timezone.now()
    idle = Q(lease_until=None) | Q(lease_until__lt=now)
    ended = ImportJob.objects.filter(idle, pk=job.pk, state__in=OPEN).update(
        state=ImportJob.State.CANCELLED, finished_at=now, lease_owner="", lease_until=None
    )
    if not ended:
        ImportJob.objects.filter(pk=job.pk, state__in=OPEN).update(cancel_requested=True)
    job.refresh_from_db()
    if ended:
        forget_upload(job)


def job_of(workspace: Workspace, job_id: str) -> ImportJob | None:
    """The workspace's job of that id, or None, for a malformed id, too."""
    try:
        return ImportJob.objects.filter(workspace_id=workspace.pk, pk=str(ObjectId(job_id))).first()
    except InvalidId:
        return None


def recent_jobs(workspace: Workspace) -> list[ImportJob]:
    """The newest jobs of the workspace, without the lines of their reports."""
    here = {"workspace_id": workspace.pk}
    jobs = ordered(ImportJob, here, {"created_at": -1}, limit=RECENT, without=["entries"])
    authors = User.objects.in_bulk({job.author_id for job in jobs} - {None})
    for job in jobs:
        job.author = authors.get(job.author_id)
    return jobs


def new_status(job: ImportJob) -> Status:
    """What the job's new articles are."""
    return Status.PUBLISHED if job.publish else Status.DRAFT


def store_files(workspace: Workspace, files: "Sequence[UploadedFile[Any]]") -> ObjectId:
    """Keep the files in GridFS; several become one zip, so that a job has one upload."""
    if len(files) == 1:
        return store_upload(workspace, str(files[0].name), cast("IO[bytes]", files[0]))
    with tempfile.TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            for file in files:
                with archive.open(zipfile.ZipInfo(str(file.name)), "w") as inside:
                    for piece in file.chunks():
                        inside.write(piece)
        packed.seek(0)
        return store_upload(workspace, f"files{ARCHIVE}", packed)


def store_upload(workspace: Workspace, name: str, source: IO[bytes], **about: Any) -> ObjectId:
    """Keep one file in GridFS; `about` is kept with it."""
    metadata = {"workspace_id": workspace.pk, **about}
    return mongo.uploads().upload_from_stream(name, source, metadata=metadata)


def forget_upload(job: ImportJob) -> None:
    """Remove the job's upload, which nobody needs any more."""
    if job.upload_id:
        files = mongo.database()["uploads.files"]
        if files.count_documents({"_id": ObjectId(job.upload_id)}, limit=1):
            mongo.uploads().delete(ObjectId(job.upload_id))


def forget_old_jobs() -> None:
    """End what nobody confirmed within READY_KEPT; remove reports after REPORT_KEPT."""
    now = timezone.now()
    ready = ImportJob.objects.filter(state=ImportJob.State.READY, created_at__lt=now - READY_KEPT)
    for job in ready.defer("entries"):
        cancel(job)
    ImportJob.objects.filter(finished_at__lt=now - REPORT_KEPT).delete()


def shown(name: str) -> str:
    """A file's name for people and logs: an invisible character in it could give orders."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


def _check_room(workspace: Workspace) -> None:
    if ImportJob.objects.filter(workspace_id=workspace.pk, state__in=OPEN).count() >= MAX_OPEN_JOBS:
        raise CannotImport(
            f"This workspace has {MAX_OPEN_JOBS} unfinished imports. Finish or cancel one of them, "
            "then try again."
        )


def _checked_address(url: str) -> str:
    try:
        address = checked_url(url)
    except CannotFetch as error:
        raise CannotImport(str(error)) from error
    if len(address) > MAX_SOURCE_PATH:
        raise CannotImport(f"This address is too long: at most {MAX_SOURCE_PATH} characters.")
    return address


def _check(files: "Sequence[UploadedFile[Any]]") -> None:
    names = [str(file.name) for file in files]
    archives = [name for name in names if suffix_of(name) == ARCHIVE]
    if archives and len(files) > 1:
        raise CannotImport("Choose one zip, or several other files, not both.")
    if not archives and not any(is_importable(name) for name in names):
        raise CannotImport(
            f"None of these files can be imported. Choose {NAMES}, or a zip of them."
        )
    if len({name.casefold() for name in names}) < len(names):
        raise CannotImport("Two of the files have the same name. Put them into a zip, in folders.")
    if sum(file.size or 0 for file in files) > settings.IMPORT_MAX_BYTES:
        limit = filesizeformat(settings.IMPORT_MAX_BYTES)
        raise CannotImport(f"These files are too large: {limit} is the most for one import.")


def _shown_name(files: "Sequence[UploadedFile[Any]]") -> str:
    names = [shown(PurePosixPath(str(file.name)).name) for file in files]
    name = names[0] if len(names) == 1 else f"{len(names)} files: {', '.join(names)}"
    return Truncator(name).chars(MAX_NOTE)
