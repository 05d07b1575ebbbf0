"""The command `import_markdown`: arguments, report and exit status."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from knowledge.models import Article, Visibility, Workspace
from tests.knowledge.transfer.folders import Write


def command(folder: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_markdown", str(folder), *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_makes_the_workspace_and_prints_a_report(
    db: None, folder: Path, write: Write
) -> None:
    write("a.md")
    assert "1 created" in command(folder, "--workspace", "next-docs", "--create")
    made = Workspace.objects.get()
    assert (made.slug, made.name, made.visibility) == ("next-docs", "Next docs", "members")
    assert Article.objects.get().visibility == Visibility.MEMBERS


def test_a_public_import_makes_a_public_workspace(db: None, folder: Path, write: Write) -> None:
    write("a.md")
    command(folder, "--workspace", "help", "--create", "--visibility", "public")
    assert Workspace.objects.get().visibility == Article.objects.get().visibility == "public"


def test_one_file_can_be_imported(workspace: Workspace, write: Write) -> None:
    printed = command(write("a.md"), "--workspace", "team", "--json")
    assert json.loads(printed) == {
        "workspace": "team",
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "missing": 0,
        "failed": [],
    }


def test_a_failed_file_fails_the_command_after_the_report(
    workspace: Workspace, folder: Path, write: Write
) -> None:
    write("bad.md", b"\xff")
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1") as error:
        call_command("import_markdown", str(folder), "--workspace", "team", "--json", stdout=out)
    assert error.value.returncode == 1
    assert json.loads(out.getvalue())["failed"] == [
        {"path": "bad.md", "reason": "it is not UTF-8 (byte 1)"}
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--workspace", "nowhere"], "Add --create"),
        (["--workspace", "a/b", "--create"], "valid"),
        (["--workspace", "x" * 81, "--create"], "at most 80"),
    ],
)
def test_a_workspace_that_cannot_be_used_is_explained(
    db: None, folder: Path, write: Write, arguments: list[str], reason: str
) -> None:
    write("a.md")
    with pytest.raises(CommandError, match=reason):
        command(folder, *arguments)


def test_a_path_without_markdown_is_explained(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file or folder"):
        command(tmp_path / "nowhere", "--workspace", "team")
    with pytest.raises(CommandError, match=r"no \.md or \.mdx"):
        command(tmp_path, "--workspace", "team")
