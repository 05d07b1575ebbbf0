"""Markdown files on disk: finding them under a folder, and reading what each one says.

Nothing here knows articles; `importing` makes articles of it. What a file says is never who
may read it: only the keys named in `_read_page` count, so front matter cannot set a workspace,
an owner, a visibility or a status.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import Truncator

from knowledge.markdown import headings, parse_blocks
from knowledge.metadata import clean_content, clean_line, clean_tags
from knowledge.models import MAX_CATEGORY, MAX_SOURCE_PATH, MAX_SUMMARY, MAX_TITLE
from knowledge.transfer import front_matter

SUFFIXES: Final = frozenset({".md", ".mdx"})
NOT_CONTENT: Final = frozenset({"node_modules"})
UNTITLED_STEMS: Final = frozenset({"index", "readme"})
_BYTES_PER_CHAR: Final = 4
_WORD_BREAKS: Final = re.compile(r"[-_\s]+")
_ORDER_PREFIX: Final = re.compile(r"\A\d+[-_.]\s*(?=\S)")


class CannotRead(Exception):
    """The file cannot become an article; the message says why."""


@dataclass(frozen=True, slots=True)
class MarkdownFile:
    """A file, and its path below the folder that was named, with `/` between the parts."""

    path: Path
    relative: str

    @property
    def shown(self) -> str:
        """The relative path for people and terminals, which a name could give orders."""
        return "".join(c if c.isprintable() else "\ufffd" for c in self.relative)


@dataclass(frozen=True, slots=True)
class Page:
    """What a file says, cleaned."""

    title: str
    content: str
    summary: str
    tags: list[str]
    category: str


def find_files(path: Path) -> list[MarkdownFile]:
    """The Markdown files at or below `path`, by name.

    Hidden folders and `node_modules` are left out, and so is what a link outside of `path`
    points to.
    """
    root = path.resolve()
    if root.is_file():
        return [MarkdownFile(root, root.name)] if _is_markdown(root.name) else []
    return sorted(_walk(root), key=lambda file: file.relative)


def read_page(file: MarkdownFile) -> Page:
    """What the file says. Raises `CannotRead`."""
    if file.shown != file.relative or len(file.relative) > MAX_SOURCE_PATH:
        raise CannotRead("its path is too long, or holds characters that cannot be stored")
    try:
        return _read_page(file)
    except OSError as error:
        raise CannotRead(f"it cannot be opened: {error.strerror}") from error
    except front_matter.BrokenFrontMatter as error:
        raise CannotRead(f"broken front matter: {error}") from error
    except ValidationError as error:
        raise CannotRead(error.messages[0]) from error


def humanise(name: str) -> str:
    """A title from a file's or folder's name: `01-getting_started` is *Getting started*."""
    words = _WORD_BREAKS.sub(" ", _ORDER_PREFIX.sub("", name)).strip()
    return words[:1].upper() + words[1:]


def _walk(root: Path) -> Iterator[MarkdownFile]:
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if name[0] != "." and name not in NOT_CONTENT]
        for path in (Path(folder, name) for name in names if _is_markdown(name)):
            target = path.resolve()
            if target.is_relative_to(root) and target.is_file():
                yield MarkdownFile(path, path.relative_to(root).as_posix())


def _is_markdown(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def _read_page(file: MarkdownFile) -> Page:
    found, text = front_matter.split(clean_content(_read_text(file.path)))
    return Page(
        title=_shortened(_text(found, "title") or _heading(text) or _name(file), MAX_TITLE),
        content=text,
        summary=_shortened(_text(found, "description") or _text(found, "summary"), MAX_SUMMARY),
        tags=clean_tags(_texts(found, "tags")),
        category=clean_line(_text(found, "category"), max_chars=MAX_CATEGORY),
    )


def _read_text(path: Path) -> str:
    if path.stat().st_size > settings.ARTICLE_MAX_CHARS * _BYTES_PER_CHAR:
        raise CannotRead(f"it is over {settings.ARTICLE_MAX_CHARS:,} characters long")
    stored = path.read_bytes()
    if b"\0" in stored:
        raise CannotRead("it is binary, not text")
    try:
        return stored.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRead(f"it is not UTF-8 (byte {error.start + 1})") from error


def _shortened(text: str, max_chars: int) -> str:
    short = Truncator(" ".join(text.split())).chars(max_chars)
    return clean_line(short, max_chars=max_chars)


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise front_matter.BrokenFrontMatter(f"{key} must be text")
    return value.strip()


def _texts(found: Mapping[str, object], key: str) -> list[str]:
    value = found.get(key, "")
    values = value if isinstance(value, list) else [value]
    texts = [each for each in values if isinstance(each, str)]
    if len(texts) < len(values):
        raise front_matter.BrokenFrontMatter(f"{key} must be text, or a list of it")
    return texts


def _heading(content: str) -> str:
    first = (heading.text for heading in headings(parse_blocks(content)) if heading.level == 1)
    return next(first, "")


def _name(file: MarkdownFile) -> str:
    folder = file.path.parent.name
    named_by_folder = file.path.stem.lower() in UNTITLED_STEMS and "/" in file.relative
    return humanise(folder if named_by_folder else file.path.stem) or file.path.stem
