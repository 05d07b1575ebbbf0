"""The sweep: what is due goes with all its parts, the rest stays; being killed does no harm."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from kbsite import mongo
from knowledge.authoring.image_addresses import image_address
from knowledge.authoring.sweeping import (
    FILES_KEPT,
    IMAGES_KEPT,
    WRITES_END,
    sweep,
    sweep_files,
)
from knowledge.editing import (
    AROUND_ARTICLES,
    Conflict,
    edit_article,
    purge_articles,
    restore_article,
    trash_article,
)
from knowledge.models import (
    Article,
    Draft,
    ImportJob,
    OldAddress,
    ProblemReport,
    ReadingPosition,
    Revision,
    Status,
    Workspace,
)
from knowledge.worker import Worker
from knowledge.workspaces import delete_workspace
from tests.fakes.embedder import WordEmbedder

KILLED_SWEEP = """
import os, signal, sys
from unittest import mock
import django
django.setup()
from django.db import connections
connections["default"].settings_dict.update(HOST=sys.argv[1], NAME=sys.argv[2])
from knowledge.authoring.sweeping import sweep, sweep_files
with mock.patch(sys.argv[3], side_effect=lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)):
    list(sweep())
    list(sweep_files())
"""
LONG_AGO = timedelta(days=400)
MakeArticle = Callable[..., Article]


def sweep_all() -> None:
    for _ in chain(sweep(), sweep_files()):
        pass


def trash_long_ago(article: Article, **ago: int) -> None:
    trash_article(article, seen=article.version, author=None)
    trashed_at = timezone.now() - (timedelta(**ago) if ago else LONG_AGO)
    Article.objects.filter(pk=article.pk).update(trashed_at=trashed_at)


def delete_long_ago(workspace: Workspace) -> None:
    delete_workspace(workspace)
    Workspace.objects.filter(pk=workspace.pk).update(deleted_at=timezone.now() - LONG_AGO)


def store(bucket: str, workspace: Workspace, *, age: timedelta = LONG_AGO) -> ObjectId:
    """A file of two parts that was stored that long ago."""
    made_at = ObjectId.from_datetime(timezone.now() - age)
    file_id = ObjectId(made_at.binary[:4] + ObjectId().binary[4:])
    metadata = {"workspace_id": workspace.pk, "sha256": str(file_id)}
    store_in = {"images": mongo.images, "uploads": mongo.uploads}[bucket]()
    with store_in.open_upload_stream_with_id(file_id, "x", 4, metadata) as stream:
        stream.write(b"12345678")
    files = mongo.database()[f"{bucket}.files"]
    files.update_one({"_id": file_id}, {"$set": {"uploadDate": timezone.now() - age}})
    return file_id


def stored(bucket: str) -> tuple[int, int]:
    """How many files there are, and parts of files."""
    files, parts = (mongo.database()[f"{bucket}.{kind}"] for kind in ("files", "chunks"))
    return files.count_documents({}), parts.count_documents({})


def test_what_was_in_the_trash_too_long_goes_with_all_that_surrounds_it(
    make_article: MakeArticle, make_user: Callable[..., User]
) -> None:
    article, user = make_article(), make_user()
    edit_article(article, seen=1, author=None, slug="new", content="new")
    of_it: dict[str, Any] = {"article": article, "workspace": article.workspace}
    Draft.objects.create(user=user, key="k", **of_it)
    ProblemReport.objects.create(revision=1, kind="wrong", reporter_key="k", **of_it)
    ReadingPosition.objects.create(user=user, **of_it)
    list(Worker(embedder=WordEmbedder()).drain())
    trash_long_ago(article)
    assert all(model.objects.exists() for model in AROUND_ARTICLES)
    sweep_all()
    assert not Article.objects.exists()
    assert not any(model.objects.exists() for model in AROUND_ARTICLES)
    assert mongo.chunks().count_documents({}) == 0


def test_what_can_still_be_restored_stays(make_article: MakeArticle, settings: Settings) -> None:
    settings.TRASH_DAYS = 30
    trash_long_ago(make_article("Young"), days=29)
    trash_long_ago(make_article("Old"), days=31)
    make_article("Not trashed")
    sweep_all()
    assert {article.title for article in Article.objects.all()} == {"Young", "Not trashed"}


def test_what_is_restored_while_the_sweep_looks_stays(
    make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = make_article()
    trash_long_ago(article)
    tried: list[int] = []

    def interfere(articles: list[Article]) -> None:
        tried.append(1)
        if len(tried) == 1:  # as another process would, outside of this transaction
            mongo.client()[connection.settings_dict["NAME"]]["articles"].update_one(
                {"_id": article.pk}, {"$set": {"status": "published"}, "$inc": {"version": 1}}
            )
        purge_articles(articles)

    monkeypatch.setattr("knowledge.authoring.sweeping.purge_articles", interfere)
    sweep_all()
    assert tried == [1]
    assert Article.objects.get().status == Status.PUBLISHED


def test_a_sweep_takes_what_one_may_not_restore_any_more_either(
    make_article: MakeArticle,
) -> None:
    article = make_article()
    trash_long_ago(article)
    article.refresh_from_db()
    sweep_all()
    with pytest.raises(Conflict):
        restore_article(article, seen=article.version, author=None)


def test_drafts_go_after_a_time(
    workspace: Workspace, make_user: Callable[..., User], settings: Settings
) -> None:
    settings.DRAFT_DAYS = 90
    user, now = make_user(), timezone.now()
    for key, days in (("old", 91), ("young", 89)):
        saved_at = now - timedelta(days=days)
        Draft.objects.create(user=user, workspace=workspace, key=key, saved_at=saved_at)
    sweep_all()
    assert [draft.key for draft in Draft.objects.all()] == ["young"]


def test_images_that_nobody_names_go_with_all_their_parts(workspace: Workspace) -> None:
    store("images", workspace)
    young = store("images", workspace, age=IMAGES_KEPT - timedelta(hours=1))
    sweep_all()
    assert stored("images") == (1, 2)
    assert mongo.database()["images.files"].distinct("_id") == [young]


def test_images_in_any_revision_or_draft_stay(
    workspace: Workspace, make_article: MakeArticle, make_user: Callable[..., User]
) -> None:
    before, now, typed = (store("images", workspace) for _ in range(3))
    article = make_article(content=f"![]({image_address(before, 'png')})")
    edit_article(article, seen=1, author=None, content=f"![]({image_address(now, 'png')})")
    Draft.objects.create(
        user=make_user(),
        workspace=workspace,
        key="k",
        fields={"content": f"![]({image_address(typed, 'webp')})"},
    )
    sweep_all()
    assert stored("images")[0] == 3
    trash_long_ago(article)
    Draft.objects.all().delete()
    sweep_all()
    assert stored("images") == (0, 0)


def test_an_image_that_was_stored_again_while_the_sweep_looked_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = store("images", workspace)

    def stored_again(_: object) -> set[ObjectId]:
        again = {"$set": {"uploadDate": timezone.now()}}
        mongo.database()["images.files"].update_one({"_id": image}, again)
        return set()

    monkeypatch.setattr("knowledge.authoring.sweeping._named_by_drafts", stored_again)
    sweep_all()
    assert stored("images") == (1, 2)


@pytest.mark.parametrize(
    ("state", "kept"), [("ready", 1), ("importing", 1), ("done", 0), ("cancelled", 0), (None, 0)]
)
def test_uploads_stay_while_an_import_needs_them(
    workspace: Workspace, state: str | None, kept: int
) -> None:
    upload = store("uploads", workspace)
    if state:
        finished = None if kept else timezone.now()
        ImportJob.objects.create(
            workspace=workspace, name="x", upload_id=str(upload), state=state, finished_at=finished
        )
    store("uploads", workspace, age=FILES_KEPT - timedelta(hours=1))
    sweep_all()
    assert stored("uploads")[0] == 1 + kept


@pytest.mark.parametrize("bucket", ["images", "uploads"])
def test_parts_that_a_killed_upload_left_go_and_those_of_one_at_work_stay(
    workspace: Workspace, bucket: str
) -> None:
    for age in (LONG_AGO, timedelta(hours=1)):
        file_id = store(bucket, workspace, age=age)
        mongo.database()[f"{bucket}.files"].delete_one({"_id": file_id})
    sweep_all()
    assert stored(bucket) == (0, 2)


def test_a_deleted_workspace_goes_with_everything_and_no_other_does(
    make_article: MakeArticle, make_workspace: Callable[..., Workspace]
) -> None:
    gone = make_workspace("gone")
    for number in range(12):
        make_article(f"Gone {number}", workspace=gone)
    store("images", gone, age=timedelta(0))
    kept = make_article("Kept")
    delete_long_ago(gone)
    sweep_all()
    assert [workspace.slug for workspace in Workspace.objects.all()] == ["team"]
    assert [article.pk for article in Article.objects.all()] == [kept.pk]
    assert Revision.objects.count() == 1
    assert stored("images") == (0, 0)


def test_a_workspace_is_kept_until_what_was_being_written_to_it_is_written(
    make_workspace: Callable[..., Workspace],
) -> None:
    delete_workspace(make_workspace("gone"))
    sweep_all()
    assert Workspace.objects.count() == 1
    Workspace.objects.update(deleted_at=timezone.now() - WRITES_END)
    sweep_all()
    assert Workspace.objects.count() == 0


KILL_POINTS = [
    "knowledge.authoring.sweeping.purge_articles",
    "knowledge.authoring.sweeping.purge_workspace",
    "pymongo.synchronous.client_session.ClientSession.commit_transaction",
    "knowledge.authoring.sweeping._remove",
    "knowledge.authoring.sweeping._parts_of_no_file",
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", KILL_POINTS)
def test_f4_a_sweep_that_is_killed_loses_nothing_and_the_next_goes_on(
    make_article: MakeArticle, make_workspace: Callable[..., Workspace], point: str
) -> None:
    kept, shown = make_article("Kept"), make_article("Shown")
    image = store("images", kept.workspace)
    edit_article(shown, seen=1, author=None, content=f"![]({image_address(image, 'png')})")
    trash_long_ago(make_article("Old"))
    make_article("Theirs", workspace=(gone := make_workspace("gone")))
    delete_long_ago(gone)
    store("images", kept.workspace)
    assert _killed_at(point) == -signal.SIGKILL
    sweep_all()
    assert {article.pk for article in Article.objects.all()} == {kept.pk, shown.pk}
    assert Revision.objects.count() == 3
    assert not OldAddress.objects.exists()
    assert stored("images") == (1, 2)
    assert list(Workspace.objects.values_list("slug", flat=True)) == ["team"]


def _killed_at(point: str) -> int:
    settings = connection.settings_dict
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "kbsite.settings", "KB_ENV_FILE": ""}
    return subprocess.run(
        [sys.executable, "-c", KILLED_SWEEP, settings["HOST"], settings["NAME"], point],
        cwd=Path(__file__).resolve().parents[3],
        env=environment,
        timeout=60,
        check=False,
    ).returncode


def test_the_worker_sweeps_when_it_has_nothing_to_index(make_article: MakeArticle) -> None:
    trash_long_ago(make_article("Old"))
    waiting = make_article("Waiting")
    Worker(embedder=WordEmbedder()).sweep()
    assert [article.pk for article in Article.objects.all()] == [waiting.pk]
    waiting.refresh_from_db()
    assert not waiting.pending


def test_the_worker_looks_through_all_files_now_and_then(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(embedder=WordEmbedder())
    worker.sweep()
    store("images", workspace)
    worker.sweep()
    assert stored("images") == (1, 2)
    monkeypatch.setattr("knowledge.worker.SWEEP_FILES_EVERY", 0)
    worker.sweep()
    assert stored("images") == (0, 0)


def test_a_sweep_that_fails_does_not_stop_the_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("the text is SECRET")

    monkeypatch.setattr("knowledge.worker.sweep", fail)
    Worker(embedder=WordEmbedder()).sweep()
    assert "sweeping: RuntimeError" in caplog.text
    assert "SECRET" not in caplog.text
