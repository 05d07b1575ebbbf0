"""What the worker clears away once it has had its time: trash, drafts, uploads, images, workspaces.

In small steps, each whole by itself: killed between any two, the next sweep goes on, and several
workers may sweep at once. What is due is looked up in the very transaction that removes it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from bson import ObjectId
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from kbsite import mongo
from kbsite.documents import Document
from knowledge.authoring.image_addresses import image_ids
from knowledge.editing import purge_articles
from knowledge.models import Article, Draft, ImportJob, Status, Workspace
from knowledge.transfer.jobs import OPEN, forget_old_jobs
from knowledge.workspaces import purge_workspace

WRITES_END: Final = timedelta(minutes=10)
"""By then whatever was being written to a workspace when it was deleted is written, or failed."""

IMAGES_KEPT: Final = timedelta(days=7)
"""As long nobody needs to name an image: its article may still be being written."""

FILES_KEPT: Final = timedelta(days=1)
"""Longer than any upload takes."""

ARTICLES_PER_STEP: Final = 10
FILES_PER_STEP: Final = 200


def sweep() -> Iterator[None]:
    """Do all that is due, but for files; yields after each step, where the caller may stop."""
    yield from _deleted_workspaces()
    yield from _articles(Q(status=Status.TRASHED, trashed_at__lt=_ago(days=settings.TRASH_DAYS)))
    Draft.objects.filter(saved_at__lt=_ago(days=settings.DRAFT_DAYS)).delete()
    yield
    forget_old_jobs()


def sweep_files() -> Iterator[None]:
    """Remove files that nothing names; looks at all of them, so it is for now and then."""
    yield from _uploads()
    yield from _images()
    for bucket in ("images", "uploads"):
        yield from _parts_of_no_file(bucket)


def _deleted_workspaces() -> Iterator[None]:
    for workspace in Workspace.objects.filter(deleted_at__lt=timezone.now() - WRITES_END):
        yield from _articles(Q(workspace_id=workspace.pk))
        purge_workspace(workspace)
        yield


def _articles(due: Q) -> Iterator[None]:
    while mongo.in_transaction(lambda: _purge_some(due)):
        yield


def _purge_some(due: Q) -> int:
    """Remove the first that are due: still so, whatever was restored since."""
    articles = list(Article.objects.filter(due).order_by("pk").only("pk")[:ARTICLES_PER_STEP])
    if articles:
        purge_articles(articles)
    return len(articles)


def _uploads() -> Iterator[None]:
    """Uploads that no unfinished import is for."""
    cutoff = timezone.now() - FILES_KEPT
    for batch in _files("uploads", before=cutoff):
        names = [str(file["_id"]) for file in batch]
        wanted = set(
            ImportJob.objects.filter(upload_id__in=names, state__in=OPEN).values_list(
                "upload_id", flat=True
            )
        )
        for file in batch:
            if str(file["_id"]) not in wanted:
                _remove("uploads", file["_id"], before=cutoff)
                yield


def _images() -> Iterator[None]:
    """Images that neither a revision of any article nor a draft of their workspace names."""
    cutoff = timezone.now() - IMAGES_KEPT
    for batch in _files("images", before=cutoff):
        ids = [file["_id"] for file in batch]
        revisions = mongo.database()["article_revisions"]
        named = set(revisions.distinct("image_ids", {"image_ids": {"$in": ids}}))
        unnamed = [file for file in batch if file["_id"] not in named]
        drafted = _named_by_drafts({file["metadata"]["workspace_id"] for file in unnamed})
        for file in unnamed:
            if file["_id"] not in drafted:
                _remove("images", file["_id"], before=cutoff)
                yield


def _named_by_drafts(workspace_ids: set[Any]) -> set[ObjectId]:
    drafts = Draft.objects.filter(workspace_id__in=workspace_ids).values_list("fields", flat=True)
    texts = (fields.get("content") for fields in drafts if isinstance(fields, dict))
    return {image for text in texts if isinstance(text, str) for image in image_ids(text)}


def _files(bucket: str, *, before: datetime) -> Iterator[list[Document]]:
    """The bucket's files from before that time, in batches."""
    files = mongo.database()[f"{bucket}.files"]
    found = files.find({"uploadDate": {"$lt": before}}, {"metadata.workspace_id": 1})
    while batch := list(islice(found, FILES_PER_STEP)):
        yield batch


def _remove(bucket: str, file_id: ObjectId, *, before: datetime) -> None:
    """Remove the file unless it was stored again meanwhile, which makes it new."""
    database = mongo.database()
    old = {"_id": file_id, "uploadDate": {"$lt": before}}
    if database[f"{bucket}.files"].delete_one(old).deleted_count:
        database[f"{bucket}.chunks"].delete_many({"files_id": file_id})


def _parts_of_no_file(bucket: str) -> Iterator[None]:
    """What an upload or a removal that was killed half-way left: GridFS has no transactions."""
    files, parts = (mongo.database()[f"{bucket}.{kind}"] for kind in ("files", "chunks"))
    before = ObjectId.from_datetime(timezone.now() - FILES_KEPT)
    found = parts.find({"n": 0, "files_id": {"$lt": before}}, {"files_id": 1, "_id": 0})
    while batch := [part["files_id"] for part in islice(found, FILES_PER_STEP)]:
        whole = set(files.distinct("_id", {"_id": {"$in": batch}}))
        if lost := [file_id for file_id in batch if file_id not in whole]:
            parts.delete_many({"files_id": {"$in": lost}})
        yield


def _ago(*, days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
