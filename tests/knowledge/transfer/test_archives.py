"""U2: what is read of a zip from anybody, and what each refusal says."""

import io
import random
import time
import zipfile

import pytest

from knowledge.transfer import archives
from knowledge.transfer.archives import Archive, BadArchive
from tests.knowledge.transfer.zips import (
    claiming,
    flagged_as_encrypted,
    renamed,
    symlink,
    zip_of,
    zip_with,
)


def opened(data: bytes) -> Archive:
    return Archive(io.BytesIO(data))


def problems(data: bytes) -> dict[str, str]:
    return {entry.path: entry.problem for entry in opened(data).files if entry.problem}


def test_files_are_listed_without_folders_and_what_nobody_wrote() -> None:
    archive = opened(zip_of({"a.md": "A", "b/": "", "b/c.md": "C", "__MACOSX/a.md": "x"}))
    assert [entry.path for entry in archive.files] == ["a.md", "b/c.md"]
    assert archive.read("b/c.md") == b"C"
    assert [e.path for e in opened(zip_of({".git/x.md": "", ".hidden.md": ""})).files] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.md", "leads out"),
        ("a/../../b.md", "leads out"),
        ("/etc/a.md", "not a path inside"),
        ("a\\b.md", "not a path inside"),
        ("C:/a.md", "not a path inside"),
        ("a//b.md", "leads out"),
        ("deep.zip", "a zip inside"),
    ],
)
def test_u2_names_that_are_no_path_inside_the_zip_are_refused(name: str, reason: str) -> None:
    (problem,) = problems(zip_with(zipfile.ZipInfo(name))).values()
    assert reason in problem


def test_u2_a_name_with_nul_is_refused() -> None:
    (problem,) = problems(renamed(zip_of({"aXb.md": "A"}), b"aXb.md", b"a\0b.md")).values()
    assert "NUL" in problem


def test_u2_links_are_refused() -> None:
    assert "a link" in problems(zip_with(symlink("a.md"), b"/etc/passwd"))["a.md"]


def test_u2_two_files_of_one_name_are_both_refused() -> None:
    data = renamed(zip_of({"a1.md": "A", "a2.md": "B", "c.md": "C"}), b"a2.md", b"A1.md")
    assert set(problems(data)) == {"a1.md", "A1.md"}
    assert "two files of this name" in problems(data)["a1.md"]


def test_u2_an_encrypted_file_is_refused() -> None:
    assert "encrypted" in problems(flagged_as_encrypted(zip_of({"a.md": "A"})))["a.md"]


def test_u2_an_unusual_compression_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.md", "A" * 1000)
    assert "unusual way" in problems(made.getvalue())["a.md"]


def test_u2_a_bomb_is_refused_before_it_is_read() -> None:
    began = time.monotonic()
    assert "times its size" in problems(zip_of({"a.md": bytes(20_000_000)}))["a.md"]
    assert time.monotonic() - began < 2


def test_u2_a_bomb_that_lies_about_its_size_yields_no_more_than_it_says() -> None:
    archive = opened(claiming(zip_of({"a.md": bytes(20_000_000)}), 1000))
    assert archive.files[0].problem == ""
    with pytest.raises(BadArchive, match="damaged"):
        archive.read("a.md")


def test_u2_what_is_read_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(1).randbytes(600)
    archive = opened(zip_of({"a.md": noise, "b.md": noise}))
    monkeypatch.setattr(archive, "_left", 1000)
    archive.read("a.md")
    with pytest.raises(BadArchive, match="large together"):
        archive.read("b.md")


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("MAX_ENTRIES", 1, "more than 1 files"), ("MAX_TOTAL_BYTES", 3, "large together")],
)
def test_u2_a_zip_of_too_much_is_refused_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    monkeypatch.setattr(archives, limit, value)
    with pytest.raises(BadArchive, match=reason):
        opened(zip_of({"a.md": "AA", "b.md": "BB"}))


def test_u2_files_that_lie_over_one_another_are_refused() -> None:
    data = zip_of({"a.md": "A" * 99, "b.md": "A" * 99})
    second = data.rindex(b"PK\x01\x02")
    overlapping = data[: second + 42] + (0).to_bytes(4, "little") + data[second + 46 :]
    with pytest.raises(BadArchive, match="over one another"):
        opened(overlapping)


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + bytes(17)])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(BadArchive, match="not a zip"):
        opened(data)
