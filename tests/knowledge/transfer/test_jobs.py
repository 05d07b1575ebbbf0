"""Imports as jobs: checked first, confirmed, then done; cancelled, stopped and taken up again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import bson
import pytest
import yaml
from bson import ObjectId
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pymongo.common import MAX_BSON_SIZE

from accounts.models import User
from kbsite import mongo
from knowledge.editing import edit_article
from knowledge.models import Article, ImportJob, Membership, Revision, Role, Status, Workspace
from knowledge.transfer import fetching, import_thread, importing, job_lease, jobs, running
from knowledge.transfer.fetching import CannotFetch, Fetched
from tests.knowledge.transfer.zips import png, zip_of

State = ImportJob.State
Start = Callable[..., ImportJob]


def work() -> None:
    """Let a worker do what there is to do."""
    while import_thread.run_next("test", threading.Event()):
        pass


def outcomes(job: ImportJob) -> dict[str, str]:
    job.refresh_from_db()
    return {entry["path"]: entry["outcome"] for entry in job.entries}


@pytest.fixture
def author(workspace: Workspace, make_user: Callable[..., User]) -> User:
    return make_user("edith", workspace=workspace, role=Role.EDITOR)


@pytest.fixture
def start(workspace: Workspace, author: User) -> Start:
    """Begin an import of files, and let the worker check them."""

    def starter(files: dict[str, Any], *, check: bool = True) -> ImportJob:
        given = [SimpleUploadedFile(name, _bytes(text)) for name, text in files.items()]
        job = jobs.create_job(workspace=workspace, author=author, files=given)
        if check:
            work()
        job.refresh_from_db()
        return job

    return starter


@pytest.fixture
def run(start: Start) -> Start:
    """Import files from beginning to end."""

    def runner(files: dict[str, Any], **how: Any) -> ImportJob:
        job = start(files)
        if job.state == State.READY:
            jobs.confirm(job, **how)
            work()
        job.refresh_from_db()
        return job

    return runner


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def test_the_check_tells_what_would_happen_and_writes_nothing(start: Start, run: Start) -> None:
    run({"docs.zip": zip_of({"same.md": "Same", "changed.md": "One"})}, publish=True)
    written = list(Article.objects.order_by("pk").values())
    job = start(
        {
            "docs.zip": zip_of(
                {
                    "same.md": "Same",
                    "changed.md": "Two",
                    "new.md": "N",
                    "bad.md": b"\xff",
                    "x.js": "",
                }
            )
        }
    )
    assert outcomes(job) == {
        "same.md": "unchanged",
        "changed.md": "updated",
        "new.md": "created",
        "bad.md": "refused",
    }
    assert (job.state, job.total) == (State.READY, 4)
    assert job.counts == {"unchanged": 1, "updated": 1, "created": 1, "refused": 1, "ignored": 1}
    assert list(Article.objects.order_by("pk").values()) == written


def test_a_confirmed_import_does_what_the_check_said(run: Start, author: User) -> None:
    job = run({"a.md": "# A", "b.html": "<h1>B</h1><p>Text"}, visibility="private", publish=True)
    assert (job.state, job.done, job.error) == (State.DONE, 2, "")
    assert outcomes(job) == {"a.md": "created", "b.html": "created"}
    for article in Article.objects.all():
        assert (article.status, article.visibility) == ("published", "private")
        assert article.author_id == author.pk
    assert mongo.database()["uploads.files"].count_documents({}) == 0


def test_new_articles_are_drafts_as_open_as_the_workspace_unless_said_otherwise(
    run: Start, workspace: Workspace
) -> None:
    run({"a.md": "A"})
    assert (Article.objects.get().status, Article.objects.get().visibility) == (
        Status.DRAFT,
        workspace.visibility,
    )


def test_articles_that_are_there_keep_their_status_and_readers(run: Start) -> None:
    run({"a.md": "One"}, visibility="private", publish=False)
    assert outcomes(run({"a.md": "Two"}, visibility="public", publish=True)) == {"a.md": "updated"}
    article = Article.objects.get()
    assert (article.content, article.status, article.visibility) == ("Two", "draft", "private")


def test_importing_again_has_nothing_to_do(run: Start) -> None:
    archive = zip_of({"a.md": "![x](i/p.png)", "i/p.png": png()})
    run({"docs.zip": archive})
    job = run({"docs.zip": archive})
    assert (job.state, outcomes(job)) == (State.DONE, {"a.md": "unchanged"})
    assert Revision.objects.count() == 1


def test_what_both_changed_is_refused_before_and_after(start: Start, run: Start) -> None:
    run({"a.md": "One"})
    edit_article(Article.objects.get(), seen=1, author=None, content="By hand")
    job = start({"a.md": "Two"})
    assert "changed here and in the file" in job.entries[0]["reason"].lower()
    assert (job.state, Article.objects.get().content) == (State.DONE, "By hand")


def test_pictures_of_a_zip_are_stored_and_shown_from_the_site(run: Start) -> None:
    text = "![a](../img/p.png) ![b](<../img/p.png>) ![c][d] ![e](/img/p.png)\n\n[d]: ../img/p.png"
    run({"docs.zip": zip_of({"x/a.md": text, "img/p.png": png()})})
    article = Article.objects.get()
    (image,) = article.image_ids
    assert article.content.count(f"../images/{image}.png") == 4


def test_pictures_that_cannot_be_shown_are_said_and_left_in_the_text(run: Start) -> None:
    text = "![a](a.svg) ![b](gone.png) ![c](https://e.org/c.png)"
    job = run({"docs.zip": zip_of({"a.md": text, "a.svg": "<svg onload=alert(1)/>"})})
    assert "a.svg (SVG drawings are not accepted" in job.entries[0]["reason"]
    assert "gone.png (it is not in the upload)" in job.entries[0]["reason"]
    assert "c.png" not in job.entries[0]["reason"]
    assert Article.objects.get().content == text


def test_t3_front_matter_sets_no_rights(run: Start, make_workspace: Any) -> None:
    other = make_workspace("other")
    matter = (
        f"---\ntitle: T\nworkspace: other\nworkspace_id: {other.pk}\nauthor: root"
        "\nstatus: published\nvisibility: public\nsource_path: b.md"
        "\nexported: {article: x, workspace: other}\n---\n"
    )
    run({"a.md": matter}, visibility="private")
    article = Article.objects.get()
    assert (article.workspace.slug, article.status, article.visibility) == (
        "team",
        "draft",
        "private",
    )
    assert (article.author and article.author.username, article.source_path) == ("edith", "a.md")


def test_t3_an_export_names_no_article_of_another_workspace(
    run: Start, make_workspace: Any, make_article: Any
) -> None:
    theirs = make_article("Theirs", "Theirs", workspace=make_workspace("other"))
    run({"a.md": f"---\nslug: theirs\nexported: {{article: {theirs.pk}}}\n---\nMine"})
    theirs.refresh_from_db()
    assert theirs.content == "Theirs"
    assert Article.objects.get(workspace__slug="team").slug == "theirs"


def test_a_cancelled_import_keeps_what_it_did(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lease, "SAVE_EVERY", -1)
    job = start({f"{name}.md": name for name in "abc"})
    jobs.confirm(job)
    when_written(monkeypatch, lambda: jobs.cancel(job))
    work()
    job.refresh_from_db()
    assert (job.state, job.done) == (State.CANCELLED, 1)
    assert Article.objects.count() == 1
    assert mongo.database()["uploads.files"].count_documents({}) == 0


def when_written(monkeypatch: pytest.MonkeyPatch, do: Callable[[], Any]) -> None:
    """Do something while the worker writes an article."""
    create = importing.create_from

    def create_meanwhile(*args: Any, **kwargs: Any) -> Article:
        do()
        return create(*args, **kwargs)

    monkeypatch.setattr(running, "create_from", create_meanwhile)


def test_an_import_nobody_works_on_is_cancelled_at_once(start: Start) -> None:
    waiting, ready = start({"a.md": "A"}, check=False), start({"b.md": "B"}, check=False)
    jobs.cancel(waiting)
    work()
    ready.refresh_from_db()
    jobs.cancel(ready)
    assert (waiting.state, ready.state) == (State.CANCELLED, State.CANCELLED)
    assert Article.objects.count() == 0


def test_only_a_checked_import_can_be_confirmed_and_only_once(start: Start) -> None:
    job = start({"a.md": "A"}, check=False)
    with pytest.raises(jobs.NotReady):
        jobs.confirm(job)
    work()
    jobs.confirm(job)
    with pytest.raises(jobs.NotReady):
        jobs.confirm(job)


def test_f4_another_worker_goes_on_where_one_died(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start({f"{name}.md": name for name in "abc"})
    jobs.confirm(job)
    kill_after(monkeypatch, articles=2)
    with pytest.raises(KeyboardInterrupt):
        import_thread.run_next("first", threading.Event())
    monkeypatch.undo()
    assert not import_thread.run_next("second", threading.Event())  # it is the first one's still
    ImportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert import_thread.run_next("second", threading.Event())
    assert outcomes(job) == dict.fromkeys(("a.md", "b.md", "c.md"), "created")
    assert (job.state, Article.objects.count(), Revision.objects.count()) == (State.DONE, 3, 3)


def kill_after(monkeypatch: pytest.MonkeyPatch, *, articles: int) -> None:
    create = importing.create_from

    def create_or_die(*args: Any, **kwargs: Any) -> Article:
        made = create(*args, **kwargs)
        if Article.objects.count() == articles:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(running, "create_from", create_or_die)


def test_a_worker_that_is_told_to_stop_gives_the_import_back(start: Start) -> None:
    job = start({"a.md": "A"})
    jobs.confirm(job)
    stopping = threading.Event()
    stopping.set()
    import_thread.run_next("first", stopping)
    assert Article.objects.count() == 0
    work()
    job.refresh_from_db()
    assert job.state == State.DONE


def test_t6_losing_the_right_to_write_ends_the_import(start: Start, author: User) -> None:
    job = start({"a.md": "A"})
    jobs.confirm(job)
    Membership.objects.filter(user_id=author.pk).update(role=Role.VIEWER)
    work()
    job.refresh_from_db()
    assert (job.state, Article.objects.count()) == (State.FAILED, 0)
    assert "no longer write" in job.error


def test_t6_an_author_who_is_shut_out_while_it_works_imports_no_further(
    start: Start, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lease, "SAVE_EVERY", -1)
    job = start({f"{name}.md": name for name in "abc"})
    jobs.confirm(job)
    when_written(monkeypatch, lambda: User.objects.filter(pk=author.pk).update(is_active=False))
    work()
    job.refresh_from_db()
    assert (job.state, job.done, Article.objects.count()) == (State.FAILED, 1, 1)


def test_an_import_that_is_removed_while_it_works_just_ends(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lease, "SAVE_EVERY", -1)
    job, other = start({"a.md": "A", "b.md": "B"}), start({"c.md": "C"})
    jobs.confirm(job)
    jobs.confirm(other)
    when_written(monkeypatch, lambda: ImportJob.objects.filter(pk=job.pk).delete())
    work()
    assert not ImportJob.objects.filter(pk=job.pk).exists()
    assert outcomes(other) == {"c.md": "created"}


def test_a_report_that_cannot_be_stored_fails_its_import_and_no_other(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = {"path": "a.md", "outcome": "created", "reason": "SECRET" * 1_500_000}
    with monkeypatch.context() as patched:
        patched.setattr(running, "_entry", lambda *_, **__: line)
        job = start({"a.md": "A", "b.md": "B"})
    assert (job.state, job.done) == (State.FAILED, 2)
    assert "on our side" in job.error
    assert start({"c.md": "C"}).state == State.READY
    assert "SECRET" not in caplog.text


def test_the_thread_of_imports_outlives_whatever_happens(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, asked = threading.Event(), []

    def fail_once(name: str, stop: threading.Event) -> bool:
        asked.append(name)
        if len(asked) == 1:
            raise LookupError("the text is SECRET")
        stop.set()
        return False

    monkeypatch.setattr(import_thread, "run_next", fail_once)
    monkeypatch.setattr(import_thread, "POLL_EVERY", 0.01)
    import_thread.start_importing("test", stop).join(5)
    assert asked == ["test", "test"]
    assert "LookupError at test_jobs.py" in caplog.text
    assert "SECRET" not in caplog.text


def test_c3_what_a_file_says_is_not_in_the_log_of_its_failure(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(running, "outcome_of", raising(LookupError("SECRET")))
    job = start({"a.md": "A"})
    assert (job.state, "LookupError at" in caplog.text) == (State.FAILED, True)
    assert "SECRET" not in caplog.text


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def test_u2_a_report_of_the_longest_names_and_reasons_fits(start: Start) -> None:
    long = "\U0001f600" * 1_000
    job = start({"a.zip": zip_of({f"{long}.md": "A", "b.md": f"![x]({long}.png)"})})
    assert outcomes(job) == {long[:500]: "refused", "b.md": "created"}
    longest = {**job.entries[0], "title": long[:200], "reason": job.entries[1]["reason"]}
    assert len(longest["reason"]) == 500
    assert jobs.MAX_FILES * len(bson.encode(longest)) < MAX_BSON_SIZE


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.exe": b"MZ"}, "None of these files can be imported"),
        ({"a.zip": b"", "b.md": b"B"}, "one zip, or several other files"),
        ({"a.md": bytes(2_000_000)}, "too large"),
        ({}, "one of the two"),
    ],
)
def test_u2_what_cannot_be_imported_at_all_is_said_at_once(
    start: Start, settings: LazySettings, files: dict[str, bytes], reason: str
) -> None:
    settings.IMPORT_MAX_BYTES = 1_048_576
    with pytest.raises(jobs.CannotImport, match=reason):
        start(files)
    assert ImportJob.objects.count() == 0


@pytest.mark.parametrize(
    ("archive", "error"),
    [(b"no zip", "damaged, or not a zip"), (zip_of({"x.js": "1"}), "can become an article")],
)
def test_u2_an_upload_of_nothing_to_import_fails_with_the_reason(
    start: Start, archive: bytes, error: str
) -> None:
    job = start({"a.zip": archive})
    assert job.state == State.FAILED
    assert error in job.error


def test_u2_hostile_files_are_refused_and_the_others_go_on(start: Start) -> None:
    job = start(
        {
            "a.zip": zip_of(
                {
                    "deep.html": "<div>" * 20_000,
                    "line.md": b"x" * 9_000_000,
                    "matter.md": "---\na: " + "x" * 20_000 + "\n---\n",
                    "headings.md": "# a\n" * 1_000_000,
                    "up/../../out.md": "A",
                    "good.md": "Good",
                }
            )
        }
    )
    assert [path for path, outcome in outcomes(job).items() if outcome != "refused"] == ["good.md"]


def origin(**about: Any) -> str:
    """Front matter as an export writes it."""
    matter = {"title": "T", "exported": {"article": str(ObjectId()), **about}}
    return f"---\n{yaml.safe_dump(matter, allow_unicode=True)}---\n"


@pytest.mark.parametrize("chars", [100, 15_000])
def test_u2_what_links_were_before_an_export_fills_no_memory(
    start: Start, settings: LazySettings, chars: int
) -> None:
    settings.ARTICLE_MAX_CHARS = 200_000
    job = start({"a.md": origin(links={"a": "b" * chars}) + "[x](a)" * 20_000, "b.md": "B"})
    assert outcomes(job) == {"a.md": "refused", "b.md": "created"}
    assert "an article holds at most 200,000" in job.entries[0]["reason"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (origin(links={"a": "\0"}) + "[x](a)", "Take out the character U+0000"),
        (origin(blank_start="\n" * 500) + "x" * 600, "an article holds at most 1,000"),
    ],
    ids=["links", "blank start"],
)
def test_u2_front_matter_brings_nothing_in_that_a_text_may_not_hold(
    start: Start, settings: LazySettings, text: str, reason: str
) -> None:
    settings.ARTICLE_MAX_CHARS = 1_000
    job = start({"a.md": text})
    assert outcomes(job) == {"a.md": "refused"}
    assert reason in job.entries[0]["reason"]


def test_u2_unfinished_imports_are_counted(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MAX_OPEN_JOBS", 1)
    start({"a.md": "A"})
    with pytest.raises(jobs.CannotImport, match="unfinished imports"):
        start({"b.md": "B"})


def test_a_page_from_the_web_is_found_again_by_its_address(
    workspace: Workspace, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://example.org/ports"
    for text in ("One", "Two"):
        body = f"<h1>Ports</h1><p>{text} <a href=x>x</a>".encode()
        monkeypatch.setattr(running, "fetch", lambda _, body=body: Fetched(url, ".html", "", body))
        job = jobs.create_job(workspace=workspace, author=author, url=url)
        work()
        job.refresh_from_db()
        jobs.confirm(job)
        work()
    article = Article.objects.get()
    assert (article.source_path, article.title, article.revision) == (url, "Ports", 2)
    assert article.content.endswith("Two [x](https://example.org/x)")


def test_a_page_that_cannot_be_fetched_fails_with_the_reason(
    workspace: Workspace, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> Fetched:
        raise CannotFetch("It is not there.")

    monkeypatch.setattr(running, "fetch", refuse)
    job = jobs.create_job(workspace=workspace, author=author, url="https://example.org/")
    work()
    job.refresh_from_db()
    assert (job.state, job.error) == (State.FAILED, "It is not there.")
    with pytest.raises(jobs.CannotImport, match="http"):
        jobs.create_job(workspace=workspace, author=author, url="file:///etc/passwd")
    assert fetching.MAX_REDIRECTS == 5
