"""A workspace as a zip of Markdown files and pictures, which imports back to the same articles.

Which articles are in it is `export_parts`, and how their files are named `export_names`; links
between articles and to pictures become relative paths (`export_links`), so that the folder works
anywhere. What an import needs to find the article again, and to restore each of its bytes, is in
the front matter under `exported`: see `markdown_files.Origin`. Nothing there gives rights: an
import takes the workspace, the author and who may read from the person who imports.
"""

import os
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import yaml
from gridfs.errors import NoFile

from kbsite import mongo
from knowledge.access import Scope
from knowledge.models import Article, Workspace
from knowledge.transfer.export_links import Relinked
from knowledge.transfer.export_names import Names, picture_id
from knowledge.transfer.export_parts import exported_articles
from knowledge.transfer.formats import suffix_of
from knowledge.transfer.importing import fingerprint
from knowledge.transfer.markdown_files import CannotRead
from knowledge.transfer.reading import Upload

MAX_BLANK_CHARS: Final = 2_000
"""Of the front matter's limit: of more blank text before an article's first word, the last."""


def write_zip(
    workspace: Workspace, scope: Scope, file: IO[bytes], *, after: str = "", until: str = ""
) -> None:
    """Write the articles of `exported_articles`, and their pictures."""
    # of all, so that links into other parts lead to the files there
    names = Names(workspace, exported_articles(workspace, scope))
    articles = exported_articles(workspace, scope, after=after, until=until)
    pictures: set[str] = set()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        Upload(Path(os.devnull), name="none.md") as reader,
    ):
        for article in articles.iterator(chunk_size=50):
            if path := names.paths.get(article.pk):  # or it was written meanwhile
                text, shown = _file(article, path, names, reader)
                pictures |= shown
                archive.writestr(_info(path, article), text.encode())
        for picture in sorted(pictures):
            _add_picture(archive, picture, workspace)


def _file(article: Article, path: str, names: Names, reader: Upload) -> tuple[str, set[str]]:
    """The article's Markdown file, and the pictures that it shows."""
    try:
        changed = Relinked(article, path, names, reader)
        content, links, pictures = changed.text, changed.links, changed.pictures
    except CannotRead:  # a text whose links take too long to find keeps them as they are
        content, links, pictures = article.content, {}, set()
    text = content.lstrip()
    blank = content[: len(content) - len(text)][-MAX_BLANK_CHARS:]
    matter = yaml.safe_dump(
        _matter(article, links, blank), allow_unicode=True, sort_keys=False, width=10_000
    )
    return f"---\n{matter}---\n\n{text}", pictures


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
