"""A workspace as a zip of Markdown files and pictures, which imports back to the same articles.

How files are named is `export_names`; links between articles and to pictures become relative
paths (`export_links`), so that the folder works anywhere. What an import needs to find the
article again, and to restore each of its bytes, is in the front matter under `exported`: see
`markdown_files.Origin`. Nothing there gives rights: an import takes the workspace, the author and
who may read from the person who imports.
"""

import os
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import yaml
from django.db.models import QuerySet
from gridfs.errors import NoFile

from kbsite import mongo
from knowledge.access import Scope
from knowledge.models import Article, Status, Workspace
from knowledge.transfer.export_links import Relinked
from knowledge.transfer.export_names import Names, picture_id
from knowledge.transfer.formats import suffix_of
from knowledge.transfer.importing import fingerprint
from knowledge.transfer.markdown_files import CannotRead
from knowledge.transfer.reading import Upload


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
    names = Names(workspace, _articles(workspace, scope))
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


def _file(article: Article, path: str, names: Names, reader: Upload) -> tuple[str, set[str]]:
    """The article's Markdown file, and the pictures that it shows."""
    try:
        changed = Relinked(article, path, names, reader)
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
    named = {"_id": picture_id(posixpath.basename(path)), "metadata.workspace_id": workspace.pk}
    for file in mongo.images().find(named, limit=1):
        if suffix_of(path) == suffix_of(file.filename or ""):
            try:
                yield file.read()
            except NoFile:
                return
