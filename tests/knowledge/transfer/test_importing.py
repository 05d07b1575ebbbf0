"""Importing Markdown folders: once, again, and with files that cannot be read."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from knowledge.editing import edit_article, trash_article
from knowledge.models import Article, Revision, Status, Visibility, Workspace
from knowledge.transfer.importing import Report, import_files
from knowledge.transfer.markdown_files import find_files
from tests.knowledge.transfer.folders import Write, run


def test_a_file_becomes_a_published_article(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write(
        "net/ports.md", "---\ntitle: Ports\nsummary: S\ntags: a, b\ncategory: Net\n---\n\nUse 80."
    )
    report = run(folder, workspace)
    article = Article.objects.get()
    assert report == Report(created=1)
    assert (article.title, article.content, article.summary) == ("Ports", "Use 80.", "S")
    assert (article.tags, article.category, article.slug) == (["a", "b"], "Net", "ports")
    assert (article.status, article.source_path) == (Status.PUBLISHED, "net/ports.md")


def test_importing_again_writes_nothing(folder: Path, write: Write, workspace: Workspace) -> None:
    write("a.md", "---\ntitle: A\ntags: [x, y]\n---\nText\r\n")
    write("b.mdx", "# B")
    run(folder, workspace)
    before = list(Article.objects.order_by("pk").values())
    assert run(folder, workspace) == Report(unchanged=2)
    assert list(Article.objects.order_by("pk").values()) == before
    assert Revision.objects.count() == 2


def test_a_changed_text_makes_a_revision_and_changed_metadata_none(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md", "---\ntitle: A\n---\nOne")
    run(folder, workspace)
    write("a.md", "---\ntitle: A\n---\nTwo")
    assert run(folder, workspace) == Report(updated=1)
    write("a.md", "---\ntitle: A\ntags: x\n---\nTwo")
    assert run(folder, workspace) == Report(updated=1)
    article = Article.objects.get()
    assert (article.content, article.tags, article.revision) == ("Two", ["x"], 2)


def test_a_renamed_title_keeps_the_address(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    for title in ("Old", "New"):
        write("a.md", f"---\ntitle: {title}\n---\n")
        run(folder, workspace)
    assert (Article.objects.get().title, Article.objects.get().slug) == ("New", "old")


def test_an_article_in_the_trash_comes_back_and_a_draft_stays_one(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md", "# A")
    write("b.md", "# B")
    run(folder, workspace)
    trashed, draft = Article.objects.order_by("source_path")
    trash_article(trashed, seen=1, author=None)
    edit_article(draft, seen=1, author=None, status=Status.DRAFT)
    assert run(folder, workspace) == Report(updated=1, unchanged=1)
    statuses = Article.objects.order_by("source_path").values_list("status", flat=True)
    assert list(statuses) == [Status.PUBLISHED, Status.DRAFT]


def test_what_an_editor_wrote_outlives_importing_the_same_file_again(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md", "---\ntags: x\n---\nOne")
    run(folder, workspace)
    edit_article(Article.objects.get(), seen=1, author=None, content="By hand", tags=["y"])
    before = list(Article.objects.values())
    assert run(folder, workspace) == Report(unchanged=1)
    assert list(Article.objects.values()) == before


@pytest.mark.parametrize("change", [{"content": "By hand"}, {"tags": ["y"]}, {"title": "B"}])
def test_an_article_and_a_file_that_both_changed_are_reported_and_left_alone(
    folder: Path, write: Write, workspace: Workspace, change: dict[str, Any]
) -> None:
    write("a.md", "One")
    write("b.md", "One")
    run(folder, workspace)
    edit_article(Article.objects.get(source_path="a.md"), seen=1, author=None, **change)
    before = Article.objects.filter(source_path="a.md").values().get()
    write("a.md", "Two")
    write("b.md", "Two")
    report = run(folder, workspace)
    assert [failure.path for failure in report.failed] == ["a.md"]
    assert "changed here and in the file" in report.failed[0].reason
    assert report.updated == 1
    assert Article.objects.filter(source_path="a.md").values().get() == before


def test_a_file_that_took_over_what_an_editor_wrote_can_change_again(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md", "One")
    run(folder, workspace)
    edit_article(Article.objects.get(), seen=1, author=None, content="Two")
    for text in ("Two", "Three"):
        write("a.md", text)
        assert not run(folder, workspace).failed
    assert (Article.objects.get().content, Article.objects.get().revision) == ("Three", 3)


def test_an_edited_article_comes_back_from_the_trash_as_it_was_edited(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md", "One")
    run(folder, workspace)
    article = Article.objects.get()
    edit_article(article, seen=1, author=None, content="By hand", status=Status.TRASHED)
    assert run(folder, workspace) == Report(updated=1)
    article.refresh_from_db()
    assert (article.content, article.status) == ("By hand", Status.PUBLISHED)


def test_articles_whose_file_is_gone_are_counted_and_kept(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md")
    gone = write("b.md")
    run(folder, workspace)
    gone.unlink()
    assert run(folder, workspace) == Report(unchanged=1, missing=1)
    assert Article.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [("", Visibility.PUBLIC), ("members", Visibility.MEMBERS), ("private", Visibility.PRIVATE)],
)
def test_new_articles_follow_the_option_or_the_workspace(
    folder: Path, write: Write, workspace: Workspace, given: str, expected: str
) -> None:
    write("a.md")
    run(folder, workspace, given)
    assert Article.objects.get().visibility == expected


def test_importing_again_changes_the_visibility_only_when_told(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md")
    run(folder, workspace, "private")
    assert run(folder, workspace) == Report(unchanged=1)
    assert run(folder, workspace, "members") == Report(updated=1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"a\0b", "binary"),
        (b"caf\xe9", "not UTF-8"),
        (b"---\ntitle: [\n---\n", "front matter"),
        (b"---\ntitle: [a]\n---\n", "title must be text"),
        (b"---\ntags: [{a: b}]\n---\n", "tags must be text"),
        (b"---\ntags: " + b"x" * 41 + b"\n---\n", "at most 40"),
        (b"---\ntags: [" + b",".join(b"t%d" % n for n in range(21)) + b"]\n---\n", "at most 20"),
        (b'---\ntitle: "a\\x07b"\n---\n', "U+0007"),
        (b"x" * 2001, "at most 2,000"),
        (b"x" * 9000, "over 2,000"),
    ],
)
def test_u2_a_bad_file_is_reported_and_the_others_go_on(
    folder: Path,
    write: Write,
    workspace: Workspace,
    settings: LazySettings,
    text: bytes,
    reason: str,
) -> None:
    settings.ARTICLE_MAX_CHARS = 2000
    write("bad.md", text)
    write("good.md")
    report = run(folder, workspace)
    assert [failure.path for failure in report.failed] == ["bad.md"]
    assert reason in report.failed[0].reason
    assert report.created == Article.objects.count() == 1


def test_a_save_during_the_import_is_kept_and_reported(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("a.md", "One")
    run(folder, workspace)
    write("a.md", "Two")

    def meanwhile(files: Any) -> Any:
        edit_article(Article.objects.get(), seen=1, author=None, content="By hand")
        return files

    report = import_files(find_files(folder), workspace=workspace, progress=meanwhile)
    assert "somebody saved" in report.failed[0].reason
    assert Article.objects.get().content == "By hand"


def test_a_name_that_is_not_text_is_reported_readably(
    folder: Path, write: Write, workspace: Workspace
) -> None:
    write("good.md")
    (folder / os.fsdecode(b"\xff\x1b[2J.md")).write_text("Text")
    report = run(folder, workspace)
    assert report.created == 1
    assert [failure.path for failure in report.failed] == ["\ufffd\ufffd[2J.md"]


KEYS = ("workspace", "workspace_id", "owner", "author", "visibility", "status", "slug", "pk", "_id")


@given(
    matter=st.dictionaries(
        st.sampled_from([*KEYS, "source_path", "revision", "version", "pending", "title"]),
        st.one_of(st.text(max_size=20), st.sampled_from(["private", "trashed", "admin"])),
    )
)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_t3_front_matter_never_says_whose_an_article_is_or_who_may_read_it(
    matter: dict[str, str], folder: Path, write: Write, workspace: Workspace
) -> None:
    Article.objects.all().delete()
    # JSON is YAML too, and quotes whatever hypothesis comes up with
    write("a.md", f"---\n{json.dumps(matter)}\n---\nText")
    if run(folder, workspace).failed:
        return
    article = Article.objects.get()
    assert (article.workspace_id, article.author_id) == (workspace.pk, None)
    assert (article.visibility, article.status) == (Visibility.PUBLIC, Status.PUBLISHED)
    assert (article.source_path, article.version) == ("a.md", 1)
    assert article.slug == "a" or "title" in matter


def test_t3_importing_again_sets_none_of_it_either(
    folder: Path, write: Write, workspace: Workspace, make_user: Callable[..., User]
) -> None:
    other = Workspace.objects.create(slug="b", name="B")
    write("a.md", "Text")
    run(folder, workspace)
    claims = {"workspace": "b", "workspace_id": str(other.pk), "author": str(make_user().pk)}
    claims |= {"visibility": "private", "status": "archived", "slug": "mine"}
    write("a.md", f"---\n{json.dumps(claims)}\n---\nText")
    assert run(folder, workspace) == Report(unchanged=1)


def test_the_manual_is_imported_once_and_unchanged_after_that(
    shared_data: Callable[[str], Path], workspace: Workspace
) -> None:
    files = find_files(shared_data("next_docs"))
    assert import_files(files, workspace=workspace) == Report(created=475)
    assert import_files(files, workspace=workspace) == Report(unchanged=475)
    assert Revision.objects.count() == 475
