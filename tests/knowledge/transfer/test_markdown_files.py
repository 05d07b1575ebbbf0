"""Finding Markdown files, and what each one says."""

import os
from pathlib import Path
from typing import Any

import pytest

from knowledge.transfer.markdown_files import MarkdownFile, find_files, humanise, read_page
from tests.knowledge.transfer.folders import Write


def page(write: Write, name: str, text: str) -> Any:
    path = write(name, text)
    return read_page(MarkdownFile(path, name))


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "---\ntitle: From matter\n---\n# From heading", "From matter"),
        ("a.md", "Intro\n\n# From *heading*\n", "From heading"),
        ("a.md", "```\n# not a heading\n```\n## nor this", "A"),
        ("01-getting_started.md", "Text", "Getting started"),
        ("2024.md", "Text", "2024"),
        ("a.md", f"---\ntitle: {'long ' * 50}\n---\n", ("long " * 40)[:199] + "…"),
    ],
)
def test_the_title_is_the_matters_or_the_headings_or_the_names(
    write: Write, name: str, text: str, title: str
) -> None:
    assert page(write, name, text).title == title


def test_an_index_page_without_a_title_is_named_by_its_folder(folder: Path, write: Write) -> None:
    write("02-guides/index.md")
    assert [read_page(file).title for file in find_files(folder)] == ["Guides"]


@pytest.mark.parametrize(
    ("name", "title"), [("01-a--b_c", "A b c"), ("3d-printing", "3d printing"), ("10_x", "X")]
)
def test_names_are_made_readable(name: str, title: str) -> None:
    assert humanise(name) == title


def test_windows_files_read_the_same_as_others(write: Write) -> None:
    text = "---\ntitle: T\n---\nOne\n\n    two\n"
    unix, windows = page(write, "u.md", text), page(write, "w.md", "\ufeff" + text)
    assert unix == windows == page(write, "x.md", text.replace("\n", "\r\n"))


def test_only_markdown_in_visible_folders_is_found(folder: Path, write: Write) -> None:
    for name in ["b.MD", "a/c.Mdx", "x.txt", ".git/d.md", "node_modules/e.md", ".f.md", "md"]:
        write(name)
    assert [file.relative for file in find_files(folder)] == ["a/c.Mdx", "b.MD"]


def test_u2_links_that_lead_out_and_files_that_never_end_are_left_alone(
    folder: Path, write: Write, tmp_path: Path
) -> None:
    write("a.md")
    (tmp_path / "secret.md").write_text("secret")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "in.md").symlink_to(folder / "a.md")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe.md")
    assert [file.relative for file in find_files(folder)] == ["a.md", "in.md"]
