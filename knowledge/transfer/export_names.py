"""The names of the files in an export, and which of them an address in an article's text means.

A file is named as it was when it was imported, or by its article's address. Changing the
addresses in a text is `export_links`.
"""

import posixpath
import re
from typing import Final
from urllib.parse import urljoin

from bson import ObjectId
from django.db.models import QuerySet

from knowledge.authoring.image_addresses import EXTENSIONS
from knowledge.models import Article, OldAddress, Workspace
from knowledge.transfer.archives import is_hidden

_KEPT_SUFFIXES: Final = {".md", ".mdx", ".markdown"}
_MAX_PART_BYTES: Final = 200
_UNSAFE: Final = re.compile(r"[<>:\"|?*\\\x00-\x1f\x7f]|[. ]\Z|\A[. ]")
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_PICTURE: Final = re.compile(rf"([0-9a-f]{{24}})\.(?:{'|'.join(EXTENSIONS.values())})")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_MARKDOWN_FILE: Final = re.compile(r"[^/?][^?]*\.(?:mdx?|markdown)", re.IGNORECASE)


class Names:
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
            return f"images/{rest}" if picture_id(rest) in article.image_ids else ""
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


def picture_id(name: str) -> ObjectId | None:
    """The id of a picture by the name of its file, which an author may have made up."""
    named = _PICTURE.fullmatch(name)
    return ObjectId(named[1]) if named else None
