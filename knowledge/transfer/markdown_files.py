"""Markdown files: finding them under a folder, and what each one says.

Nothing here knows articles; `importing` makes articles of it. What a file says is never who
may read it: only the keys named in `page_of_text` count, so front matter cannot set a workspace,
an owner, a visibility or a status.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from bson import ObjectId
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import Truncator

from knowledge.markdown import headings, parse_blocks
from knowledge.metadata import clean_content, clean_line, clean_tags
from knowledge.models import MAX_CATEGORY, MAX_SLUG, MAX_SOURCE_PATH, MAX_SUMMARY, MAX_TITLE
from knowledge.transfer import front_matter

SUFFIXES: Final = frozenset({".md", ".mdx"})
NOT_CONTENT: Final = frozenset({"node_modules"})
UNTITLED_STEMS: Final = frozenset({"index", "readme"})
_BYTES_PER_CHAR: Final = 4
SLUG: Final = re.compile(rf"[-a-z0-9_]{{1,{MAX_SLUG}}}")
_CONTROLS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
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
class Origin:
    """What an export adds to a file, so that it finds its article again. See `exporting`.

    `article` is the id of the article that it was, in whichever workspace; `fingerprint` tells
    what the article said then; `links` are the addresses in its text that the export changed,
    with what they were.
    """

    article: ObjectId
    fingerprint: str
    slug: str
    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What a file says, cleaned."""

    title: str
    content: str
    summary: str
    tags: list[str]
    category: str
    origin: Origin | None = None


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
    try:
        return page_of_text(_read_text(file.path), file.relative)
    except OSError as error:
        raise CannotRead(f"it cannot be opened: {error.strerror}") from error


def page_of_text(text: str, path: str) -> Page:
    """What the text of the file at `path` says. Raises `CannotRead`."""
    with _refusals(path):
        found, below = front_matter.split(clean_content(text))
        said = _text(found, "title") or _heading(below) or _name(path)
        origin, start = _origin(found)
        return Page(
            title=_shortened(said, MAX_TITLE),
            content=clean_content(start + below),
            summary=_shortened(_text(found, "description") or _text(found, "summary"), MAX_SUMMARY),
            tags=clean_tags(_texts(found, "tags")),
            category=clean_line(_text(found, "category"), max_chars=MAX_CATEGORY),
            origin=origin,
        )


def page_of_converted(markdown: str, path: str, title: str, summary: str) -> Page:
    """The page of a file that became Markdown, with what it said about itself."""
    with _refusals(path):
        content = clean_content(without_controls(markdown))
        said = " ".join(without_controls(title).split()) or _heading(content) or _name(path)
        about = _shortened(without_controls(summary), MAX_SUMMARY)
        return Page(_shortened(said, MAX_TITLE), content, about, [], "")


def cleaned(content: str) -> str:
    """A text as an article may hold it. Raises `CannotRead`."""
    try:
        return clean_content(content)
    except ValidationError as error:
        raise CannotRead(error.messages[0]) from error


def humanise(name: str) -> str:
    """A title from a file's or folder's name: `01-getting_started` is *Getting started*."""
    words = _WORD_BREAKS.sub(" ", _ORDER_PREFIX.sub("", name)).strip()
    return words[:1].upper() + words[1:]


def without_controls(text: str) -> str:
    """The text of a converted file without the characters that nobody can have meant in it."""
    return _CONTROLS.sub("", text)


def _walk(root: Path) -> Iterator[MarkdownFile]:
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if name[0] != "." and name not in NOT_CONTENT]
        for path in (Path(folder, name) for name in names if _is_markdown(name)):
            target = path.resolve()
            if target.is_relative_to(root) and target.is_file():
                yield MarkdownFile(path, path.relative_to(root).as_posix())


def _is_markdown(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


@contextmanager
def _refusals(path: str) -> Iterator[None]:
    """Whatever is wrong with a file as a `CannotRead`."""
    if not path.isprintable() or len(path) > MAX_SOURCE_PATH:
        raise CannotRead("its path is too long, or holds characters that cannot be stored")
    try:
        yield
    except front_matter.BrokenFrontMatter as error:
        raise CannotRead(f"broken front matter: {error}") from error
    except ValidationError as error:
        raise CannotRead(error.messages[0]) from error


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


def _name(path: str) -> str:
    file = PurePosixPath(path)
    named_by_folder = file.stem.lower() in UNTITLED_STEMS and "/" in path
    return humanise(file.parent.name if named_by_folder else file.stem) or file.stem


def _origin(found: Mapping[str, object]) -> tuple[Origin | None, str]:
    """What an export wrote for itself, and the blank start of the text, which the YAML hides."""
    exported, slug = found.get("exported"), _text(found, "slug") if "exported" in found else ""
    if not isinstance(exported, dict) or not ObjectId.is_valid(str(exported.get("article"))):
        return None, ""
    links, start = exported.get("links"), str(exported.get("blank_start", ""))
    origin = Origin(
        article=ObjectId(str(exported["article"])),
        fingerprint=str(exported.get("fingerprint", "")),
        slug=slug if SLUG.fullmatch(slug) else "",
        links={str(k): str(v) for k, v in links.items()} if isinstance(links, dict) else {},
    )
    return origin, "" if start.strip() else start
