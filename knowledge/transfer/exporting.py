"""A workspace as a zip of Markdown files and pictures, which imports back to the same articles.

A file is named as it was when it was imported, or by its article's address; links between
articles and to pictures become relative paths, so that the folder works anywhere. What an
import needs to find the article again, and to restore each of its bytes, is in the front matter
under `exported`: see `markdown_files.Origin`. Nothing there gives rights: an import takes the
workspace, the author and who may read from the person who imports.
"""

import os
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote, urljoin

import yaml
from bson import ObjectId
from django.db.models import QuerySet
from gridfs.errors import NoFile

from kbsite import mongo
from knowledge.access import Scope
from knowledge.authoring.image_addresses import EXTENSIONS
from knowledge.models import Article, OldAddress, Status, Workspace
from knowledge.transfer.archives import is_hidden
from knowledge.transfer.formats import suffix_of
from knowledge.transfer.importing import fingerprint
from knowledge.transfer.markdown_files import CannotRead
from knowledge.transfer.reading import Upload
from knowledge.transfer.references import references_changed

MAX_LINKS_CHARS: Final = 8_000
"""Of the front matter's limit; links beyond it stay as they are in the site."""

_KEPT_SUFFIXES: Final = {".md", ".mdx", ".markdown"}
_MAX_PART_BYTES: Final = 200
_UNSAFE: Final = re.compile(r"[<>:\"|?*\\\x00-\x1f\x7f]|[. ]\Z|\A[. ]")
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_PICTURE: Final = re.compile(rf"([0-9a-f]{{24}})\.(?:{'|'.join(EXTENSIONS.values())})")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_MARKDOWN_FILE: Final = re.compile(r"[^/?][^?]*\.(?:mdx?|markdown)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much an export holds; `size` in bytes, about."""

    articles: int
    pictures: int
    size: int


def extent(workspace: Workspace, scope: Scope) -> Extent:
    """What `write_zip` would write."""
    pictures = mongo.image_files().find(
        {"metadata.workspace_id": workspace.pk}, {"length": 1, "_id": 0}
    )
    lengths = [picture["length"] for picture in pictures]
    sizes = [len(a.content) for a in _articles(workspace, scope).only("content").iterator()]
    return Extent(len(sizes), len(lengths), sum(sizes) + sum(lengths))


def write_zip(workspace: Workspace, scope: Scope, file: IO[bytes]) -> None:
    """Write every article that `scope` reads and that is not in the trash, and their pictures."""
    names = _Names(workspace, _articles(workspace, scope))
    pictures: set[str] = set()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        Upload(Path(os.devnull), name="none.md") as reader,
    ):
        for article in _articles(workspace, scope).iterator(chunk_size=50):
            if path := names.paths.get(article.pk):  # or it was written meanwhile
                text, shown = _file(article, path, names, reader)
                pictures |= shown
                archive.writestr(_info(path, article), text.encode())
        for picture in sorted(pictures):
            _add_picture(archive, picture, workspace)


def _articles(workspace: Workspace, scope: Scope) -> QuerySet[Article]:
    return (
        Article.objects.filter(
            workspace_id=workspace.pk, visibility__in=scope.visibilities(str(workspace.pk))
        )
        .exclude(status=Status.TRASHED)
        .order_by("pk")
    )


class _Names:
    """The path of each article in the zip, and which article or picture an address means."""

    def __init__(self, workspace: Workspace, articles: QuerySet[Article]) -> None:
        self._workspace = workspace
        self.paths: dict[str, str] = {}
        self._by_slug: dict[str, str] = {}
        self._by_source: dict[str, str] = {}
        self._taken: set[str] = set()
        known = list(articles.only("pk", "slug", "source_path"))
        # those that come from files first, because their links name these files
        for article in sorted(known, key=lambda article: not article.source_path):
            self._add(article)
        for old in OldAddress.objects.filter(workspace_id=workspace.pk):
            if old.article_id in self.paths:
                self._by_slug.setdefault(old.slug, self.paths[old.article_id])

    def meant(self, target: str, article: Article) -> str:
        """The path in the zip that a link or picture of the article leads to, or nothing."""
        if not target or _ELSEWHERE.match(target) or "?" in target:
            return ""
        if article.source_path and _MARKDOWN_FILE.fullmatch(target):
            folder = posixpath.dirname(article.source_path)
            return self._by_source.get(posixpath.normpath(posixpath.join(folder, target)), "")
        home = f"/w/{self._workspace.slug}/"
        address = urljoin(f"{home}a/{article.slug}", target)
        kind, _, rest = address.removeprefix(home).partition("/")
        if not address.startswith(home):
            return ""
        if kind == "images":
            return f"images/{rest}" if _picture_id(rest) in article.image_ids else ""
        return {"a": self._by_slug, "source": self._by_source}.get(kind, {}).get(rest, "")

    def _add(self, article: Article) -> None:
        wanted = path_from_source(article.source_path) or _safe_name(article.slug)
        path, number = wanted, 2
        while path.casefold() in self._taken:
            stem, suffix = posixpath.splitext(wanted)
            path, number = f"{stem}-{number}{suffix}", number + 1
        self._taken.add(path.casefold())
        self.paths[article.pk] = self._by_slug[article.slug] = path
        if article.source_path:
            self._by_source[article.source_path] = path


def path_from_source(source_path: str) -> str:
    """The path of the file that an article came from, where every system can have such a file."""
    parts = source_path.split("/")
    if is_hidden(source_path) or any(not _is_safe(part) for part in parts):
        return ""
    stem, suffix = posixpath.splitext(source_path)
    return source_path if suffix.lower() in _KEPT_SUFFIXES else f"{stem}.md"


def _is_safe(part: str) -> bool:
    short = 0 < len(part.encode()) <= _MAX_PART_BYTES
    return short and part.isprintable() and not (_UNSAFE.search(part) or _RESERVED.fullmatch(part))


def _safe_name(slug: str) -> str:
    return f"{slug}-article.md" if _RESERVED.fullmatch(slug) else f"{slug}.md"


def _file(article: Article, path: str, names: _Names, reader: Upload) -> tuple[str, set[str]]:
    """The article's Markdown file, and the pictures that it shows."""
    try:
        changed = _Relinked(article, path, names, reader)
        content, links, pictures = changed.text, changed.links, changed.pictures
    except CannotRead:  # a text whose links take too long to find keeps them as they are
        content, links, pictures = article.content, {}, set()
    blank = content[: len(content) - len(content.lstrip())]
    matter = yaml.safe_dump(
        _matter(article, links, blank), allow_unicode=True, sort_keys=False, width=10_000
    )
    return f"---\n{matter}---\n\n{content[len(blank) :]}", pictures


def _matter(article: Article, links: dict[str, str], blank: str) -> dict[str, Any]:
    exported: dict[str, Any] = {
        "article": str(article.pk),
        "fingerprint": fingerprint(article),
    }
    if links:
        exported["links"] = links
    if blank:
        exported["blank_start"] = blank
    return {
        "title": article.title,
        "description": article.summary,
        "tags": list(article.tags),
        "category": article.category,
        "slug": article.slug,
        "status": str(article.status),
        "visibility": str(article.visibility),
        "exported": exported,
    }


class _Relinked:
    """The article's text with addresses inside the zip; `links` tells what they were."""

    def __init__(self, article: Article, path: str, names: _Names, reader: Upload) -> None:
        self.links: dict[str, str] = {}
        self.pictures: set[str] = set()
        self._article, self._names = article, names
        self._folder = posixpath.dirname(path)
        self._room = MAX_LINKS_CHARS
        found = reader.references(article.content)
        self._used = {article.content[r.start : r.end] for r in found}
        self._new: dict[str, str] = {}
        self.text = references_changed(article.content, found, self._changed)

    def _changed(self, written: str, target: str) -> str:
        """What stands in the file for an address of the text."""
        if written not in self._new:
            self._new[written] = self._other(written, target)
        return self._new[written]

    def _other(self, written: str, target: str) -> str:
        path, mark, fragment = target.partition("#")
        meant = self._names.meant(path, self._article)
        if not meant:
            return written
        new = quote(posixpath.relpath(meant, self._folder or ".")) + mark + quote(fragment)
        if meant.startswith("images/"):
            self.pictures.add(meant)
            return new
        return written if new == written else self._unmistakable(new, written)

    def _unmistakable(self, new: str, written: str) -> str:
        """A spelling of the new address that nothing else in the text has, to be undone by."""
        self._room -= len(new) + len(written) + 8
        if self._room < 0:
            return written
        while new in self._used or new in self.links:
            new = f"./{new}"
        self.links[new] = written
        return new


def _picture_id(name: str) -> ObjectId | None:
    """The id of a picture by the name of its file, which an author may have made up."""
    named = _PICTURE.fullmatch(name)
    return ObjectId(named[1]) if named else None


def _info(path: str, article: Article) -> zipfile.ZipInfo:
    saved = article.updated_at
    info = zipfile.ZipInfo(path, (max(saved.year, 1980), *saved.timetuple()[1:6]))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _add_picture(archive: zipfile.ZipFile, path: str, workspace: Workspace) -> None:
    """Add a picture of the workspace, as it is; one that is gone is left out."""
    for piece in _picture(path, workspace):
        with archive.open(zipfile.ZipInfo(path), "w") as inside:
            inside.write(piece)


def _picture(path: str, workspace: Workspace) -> Iterator[bytes]:
    picture_id = _picture_id(posixpath.basename(path))
    named = {"_id": picture_id, "metadata.workspace_id": workspace.pk}
    for file in mongo.images().find(named, limit=1):
        if suffix_of(path) == suffix_of(file.filename or ""):
            try:
                yield file.read()
            except NoFile:
                return
