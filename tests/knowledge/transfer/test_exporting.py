"""A workspace as a zip: it imports back to the same articles, byte for byte."""

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from kbsite import mongo
from knowledge.access import rights_in
from knowledge.authoring.images import store_image
from knowledge.authoring.sweeping import IMAGES_KEPT
from knowledge.editing import edit_article, purge_articles
from knowledge.models import Article, ImportJob, Role, Status, Visibility, Workspace
from knowledge.transfer import export_parts, import_thread, jobs
from knowledge.transfer.export_names import path_from_source
from knowledge.transfer.export_parts import parts_of
from knowledge.transfer.exporting import write_zip
from knowledge.transfer.importing import FROM_FILE, import_files
from knowledge.transfer.markdown_files import find_files
from tests.knowledge.transfer.zips import png

TEXTS = [
    "",
    "Plain.\n",
    "---\n\nBelow a rule\n---\n",
    "---\ntitle: not front matter\n---\n",
    "\n\n  \n    code\n\ntext  \n\n",
    "Line\n\n\n\nend\n\n\n",
    "\ufeffMark",
    "[x](no/such) ![y](no.png) <a> `[z](z.md)` \u2028 \U0001f600",
]


@pytest.fixture
def admin(make_user: Callable[..., User]) -> User:
    return make_user("root", is_superuser=True)


def exported(workspace: Workspace, admin: User) -> bytes:
    file = io.BytesIO()
    write_zip(workspace, rights_in(admin, workspace).scope, file)
    return file.getvalue()


def imported(archive: bytes, workspace: Workspace, admin: User) -> ImportJob:
    given = [SimpleUploadedFile("export.zip", archive)]
    job = jobs.create_job(workspace=workspace, author=admin, files=given)
    work()
    job.refresh_from_db()
    if job.state == ImportJob.State.READY:
        jobs.confirm(job)
        work()
        job.refresh_from_db()
    assert job.state == ImportJob.State.DONE, job.error
    return job


def work() -> None:
    while import_thread.run_next("test", threading.Event()):
        pass


def said(workspace: Workspace) -> dict[str, list[Any]]:
    """What each article of the workspace says, by its address."""
    found = Article.objects.filter(workspace_id=workspace.pk)
    return {article.slug: [getattr(article, name) for name in FROM_FILE] for article in found}


def names(archive: bytes) -> list[str]:
    return sorted(zipfile.ZipFile(io.BytesIO(archive)).namelist())


def text_of(archive: bytes, path: str) -> str:
    return zipfile.ZipFile(io.BytesIO(archive)).read(path).decode()


def test_every_article_comes_back_as_it_was(
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    make_article: Callable[..., Article],
    admin: User,
) -> None:
    for number, text in enumerate(TEXTS):
        make_article(f"Nº {number}: “no” #1 'é'", text, summary="a: b", tags=["1.10", "no", "x y"])
    make_article("日本語", "Same title", category="2024-01-01")
    make_article("日本語", "Same title, other text", status=Status.DRAFT, visibility="private")
    make_article("Con", "Windows has no file of this name", slug="con")
    other = make_workspace("other")
    job = imported(exported(workspace, admin), other, admin)
    assert job.counts == {"created": len(TEXTS) + 3, "ignored": 0}
    assert said(other) == said(workspace)


def test_importing_an_export_where_it_came_from_changes_nothing(
    workspace: Workspace, make_article: Callable[..., Article], admin: User
) -> None:
    make_article("A", "[b](b)")
    make_article("B", "B", source_path="x/b.md")
    before = list(Article.objects.order_by("pk").values())
    job = imported(exported(workspace, admin), workspace, admin)
    assert job.counts == {"unchanged": 2, "ignored": 0}
    assert list(Article.objects.order_by("pk").values()) == before


def test_an_edited_export_changes_the_article_unless_both_changed(
    workspace: Workspace, make_article: Callable[..., Article], admin: User
) -> None:
    article = make_article("A", "One")
    archive = exported(workspace, admin)
    assert imported(edited(archive, b"One", b"Two"), workspace, admin).counts["updated"] == 1
    assert imported(edited(archive, b"One", b"Six"), workspace, admin).counts["updated"] == 1
    article.refresh_from_db()
    edit_article(article, seen=article.version, author=None, content="By hand")
    job = imported(edited(archive, b"One", b"Ten"), workspace, admin)
    assert job.counts["refused"] == 1
    assert Article.objects.get().content == "By hand"


def edited(archive: bytes, old: bytes, new: bytes) -> bytes:
    source, made = zipfile.ZipFile(io.BytesIO(archive)), io.BytesIO()
    with zipfile.ZipFile(made, "w") as changed:
        for name in source.namelist():
            changed.writestr(name, source.read(name).replace(old, new))
    return made.getvalue()


def test_links_between_articles_lead_to_their_files_and_come_back(
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    make_article: Callable[..., Article],
    admin: User,
) -> None:
    make_article("Hosts", "H", source_path="net/hosts.md")
    written = "[a](hosts) [b](/w/team/a/hosts#top) [c](../source/net/hosts.md) [d](gone) [e](#x)"
    make_article("Ports", written)
    archive = exported(workspace, admin)
    assert names(archive) == ["net/hosts.md", "ports.md"]
    text = text_of(archive, "ports.md")
    assert "[a](net/hosts.md) [b](net/hosts.md#top) [c](./net/hosts.md) [d](gone) [e](#x)" in text
    other = make_workspace("other")
    imported(archive, other, admin)
    assert said(other) == said(workspace)


def test_pictures_travel_with_their_articles(
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    make_article: Callable[..., Article],
    admin: User,
) -> None:
    address = store_image(workspace=workspace, user=None, data=png())
    make_article("A", f"![red]({address})", source_path="deep/a.md")
    archive = exported(workspace, admin)
    picture = address.removeprefix("../")
    assert names(archive) == ["deep/a.md", picture]
    assert f"![red](../{picture})" in text_of(archive, "deep/a.md")
    other = make_workspace("other")
    imported(archive, other, admin)
    (image,) = Article.objects.get(workspace=other).image_ids
    stored = mongo.image_files().find_one({"_id": image})
    assert stored
    assert stored["metadata"]["workspace_id"] == other.pk
    assert mongo.images().open_download_stream(image).read() == zipfile.ZipFile(
        io.BytesIO(archive)
    ).read(picture)


def test_a_picture_that_comes_back_is_not_swept_before_its_article_names_it(
    workspace: Workspace, make_article: Callable[..., Article], admin: User
) -> None:
    address = store_image(workspace=workspace, user=None, data=png())
    article = make_article("A", f"![red]({address})")
    archive = exported(workspace, admin)
    purge_articles([article])
    long_ago = {"$set": {"uploadDate": timezone.now() - 2 * IMAGES_KEPT}}
    mongo.image_files().update_many({}, long_ago)
    imported(archive, workspace, admin)
    assert Article.objects.get().content == f"![red]({address})"
    (file,) = mongo.image_files().find()
    assert file["uploadDate"] > timezone.now() - IMAGES_KEPT


def test_what_one_import_does_not_take_comes_in_parts(
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    make_article: Callable[..., Article],
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_parts, "MAX_FILES", 2)
    for name in "abcde":
        make_article(name, "[a](a) [c](/w/team/a/c#top) [e](../a/e)")
    scope, other = rights_in(admin, workspace).scope, make_workspace("other")
    parts = parts_of(workspace, scope)
    make_article("Made meanwhile", "is in the last part")
    assert [part.articles for part in parts] == [2, 2, 1]
    for part in reversed(parts):
        file = io.BytesIO()
        write_zip(workspace, scope, file, after=part.after, until=part.until)
        imported(file.getvalue(), other, admin)
    assert said(other) == said(workspace)


def test_a_part_keeps_to_the_bytes_of_an_import_and_counts_a_picture_once(
    workspace: Workspace, make_article: Callable[..., Article], admin: User, settings: LazySettings
) -> None:
    settings.IMPORT_MAX_BYTES = 10_500
    address = store_image(workspace=workspace, user=None, data=png())
    for name in "abc":
        make_article(name, f"![x]({address})" + "é" * 1_000)
    parts = parts_of(workspace, rights_in(admin, workspace).scope)
    assert [part.articles for part in parts] == [2, 1]
    assert 10_000 < parts[0].size < 10_500


def test_much_blank_before_a_text_leaves_room_for_it_to_come_back(
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    make_article: Callable[..., Article],
    admin: User,
) -> None:
    make_article("A", "\n" * 20_000 + "    code")
    imported(exported(workspace, admin), make_workspace("other"), admin)
    assert Article.objects.get(workspace__slug="other").content == "\n" * 1_996 + "    code"


@pytest.mark.parametrize("end", ["a%5C..%5C..%5Cx%5C{}.png", "png.exe", "PNG", "png/../../x.png"])
def test_t5_no_file_gets_a_name_that_an_author_made_up(
    workspace: Workspace, make_article: Callable[..., Article], admin: User, end: str
) -> None:
    address = store_image(workspace=workspace, user=None, data=png())
    stem = address.removeprefix("../images/").removesuffix(".png")
    make_article("A", f"![x]({address}) ![y](../images/{stem}.{end.format(stem)})")
    assert names(exported(workspace, admin)) == ["a.md", f"images/{stem}.png"]


def test_t5_a_picture_of_another_workspace_is_not_exported(
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    make_article: Callable[..., Article],
    admin: User,
) -> None:
    theirs = store_image(workspace=make_workspace("other"), user=None, data=png())
    make_article("A", f"![x]({theirs})")
    assert names(exported(workspace, admin)) == ["a.md"]


def test_t1_an_export_holds_what_its_reader_may_read_and_nothing_from_the_trash(
    workspace: Workspace, make_article: Callable[..., Article], make_user: Callable[..., User]
) -> None:
    make_article("Open", "O")
    make_article("Private", "P", visibility=Visibility.PRIVATE)
    make_article("Gone", "G", status=Status.TRASHED)
    viewer = make_user("vic", workspace=workspace, role=Role.VIEWER)
    assert names(exported(workspace, viewer)) == ["open.md"]


@pytest.mark.parametrize(
    ("source_path", "path"),
    [
        ("a/b.md", "a/b.md"),
        ("a/b.mdx", "a/b.mdx"),
        ("a/b.html", "a/b.md"),
        ("https://example.org/a", ""),
        ("a/con.md", ""),
        ("NUL", ""),
        ("a./b.md", ""),
        ("../a.md", ""),
        (".git/a.md", ""),
        ("a:b.md", ""),
        ("x" * 300 + ".md", ""),
    ],
)
def test_files_get_names_that_every_system_can_have(source_path: str, path: str) -> None:
    assert path_from_source(source_path) == path


def test_names_that_differ_by_case_only_are_told_apart(
    workspace: Workspace, make_article: Callable[..., Article], admin: User
) -> None:
    make_article("A", "1", source_path="a.md")
    make_article("B", "2", source_path="A.md")
    make_article("C", "3", source_path="a.html")
    assert names(exported(workspace, admin)) == ["A-2.md", "a-3.md", "a.md"]


def round_trip(folder: Path, workspace: Workspace, other: Workspace, admin: User) -> None:
    report = import_files(find_files(folder), workspace=workspace)
    assert report.created
    assert not report.failed
    imported(exported(workspace, admin), other, admin)
    assert said(other) == said(workspace)


def test_a_few_files_of_a_real_manual_come_back_equal(
    shared_data: Callable[[str], Path],
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    admin: User,
) -> None:
    folder = shared_data("next_docs") / "04-community"
    round_trip(folder, workspace, make_workspace("other"), admin)


@pytest.mark.soak
def test_a_whole_real_manual_comes_back_equal(
    shared_data: Callable[[str], Path],
    workspace: Workspace,
    make_workspace: Callable[..., Workspace],
    admin: User,
) -> None:
    round_trip(shared_data("next_docs"), workspace, make_workspace("other"), admin)
