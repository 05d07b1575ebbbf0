"""Links and images of a workspace's articles that lead nowhere, or not where their readers can go.

Rendering has noted what each page refers to; here it is compared with what there is, in a fixed
number of queries however many articles there are. Other sites are not asked and other workspaces
not looked into: what is there is none of this workspace's editors' business.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from bson import ObjectId
from django.conf import settings
from django.urls import Resolver404, resolve, reverse

from kbsite import mongo
from kbsite.documents import Document
from knowledge.models import Article, OldAddress, Status, Visibility, Workspace
from knowledge.rendering import VERSION

_FEWER: Final = (Visibility.PUBLIC, Visibility.MEMBERS, Visibility.PRIVATE)
"""From the most readers to the fewest."""

_SLUG: Final = re.compile(r"[-\w]+")
_IMAGE: Final = re.compile(r"([0-9a-f]{24})\.\w+")


@dataclass(frozen=True, slots=True)
class Finding:
    """A reference, in which article, and what is the matter; `works` where it is only a hint."""

    title: str
    slug: str
    kind: str
    target: str
    text: str
    why: str
    works: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, the worst first; `unread` articles have not been rendered yet."""

    findings: list[Finding]
    unread: int


def broken_references(workspace: Workspace) -> Report:
    """Everything that a reader of an article that is not in the trash would stumble over."""
    there = _There(workspace)
    findings: list[Finding] = []
    unread = 0
    for article in _with_references(workspace):
        unread += article["rendered_by"] != VERSION
        findings += _findings(article, there)
    return Report(sorted(findings, key=lambda one: (one.works, one.title, one.slug)), unread)


class _There:
    """What a workspace has that can be referred to."""

    def __init__(self, workspace: Workspace) -> None:
        fields = ("pk", "slug", "title", "status", "visibility", "source_path")
        self.articles = Article.objects.filter(workspace_id=workspace.pk).only(*fields)
        by_id = {article.pk: article for article in self.articles}
        self.by_slug = {article.slug: article for article in by_id.values()}
        self.by_file = {a.source_path: a for a in by_id.values() if a.source_path}
        moved = OldAddress.objects.filter(workspace_id=workspace.pk)
        self.moved = {one.slug: by_id[one.article_id] for one in moved if one.article_id in by_id}
        stored = mongo.database()["images.files"].find(
            {"metadata.workspace_id": workspace.pk}, {"_id": 1}
        )
        self.images = {file["_id"] for file in stored}
        self.place = reverse("knowledge:search", args=[workspace.slug])
        self.fewest = _FEWER.index(Visibility(workspace.visibility))

    def address(self, slug: str) -> str:
        return f"{self.place}a/{slug}"

    def readers(self, visibility: str) -> int:
        """The stricter of the article's and the workspace's, as a position in _FEWER."""
        return max(self.fewest, _FEWER.index(Visibility(visibility)))


def _with_references(workspace: Workspace) -> Iterator[Document]:
    """The articles outside of the trash, each with what its newest revision refers to."""
    same = {"$and": [{"$eq": ["$article_id", "$$id"]}, {"$eq": ["$number", "$$newest"]}]}
    yield from mongo.articles().aggregate(
        [
            {"$match": {"workspace_id": workspace.pk, "status": {"$ne": Status.TRASHED}}},
            {
                "$lookup": {
                    "from": "article_revisions",
                    "let": {"id": "$_id", "newest": "$revision"},
                    "pipeline": [
                        {"$match": {"$expr": same}},
                        {"$project": {"references": 1, "rendered_by": 1}},
                    ],
                    "as": "of",
                }
            },
            {"$unwind": "$of"},
            {
                "$project": {
                    "title": 1,
                    "slug": 1,
                    "status": 1,
                    "visibility": 1,
                    "references": "$of.references",
                    "rendered_by": "$of.rendered_by",
                }
            },
        ]
    )


def _findings(article: Document, there: _There) -> Iterator[Finding]:
    for reference in article["references"]:
        why, works = _trouble(reference["kind"], reference["target"], article, there)
        if why:
            yield Finding(article["title"], article["slug"], **reference, why=why, works=works)


def _trouble(kind: str, target: str, article: Document, there: _There) -> tuple[str, bool]:
    """What is wrong with a reference, and whether it works all the same; empty if nothing is."""
    if kind == "anchor":
        return "This article has no such section.", False
    path = _path(target, there.address(article["slug"]))
    rest = path.removeprefix(there.place)
    place, _, name = rest.partition("/")
    if rest == path or place not in ("a", "source", "images") or not name:
        return ("" if _is_page(path) else "There is no such page.", False)
    if place == "images":
        image = _IMAGE.fullmatch(name)
        found = image and ObjectId(image[1]) in there.images
        return ("" if found else "There is no such image.", False)
    if kind == "image":
        return "There is no such image.", False
    if place == "source":
        return _unreachable(there.by_file.get(name), article, there), False
    if not _SLUG.fullmatch(name):
        return ("" if _is_page(path) else "There is no such article."), False
    if (moved := there.moved.get(name)) and name not in there.by_slug:
        trouble = _unreachable(moved, article, there)
        return trouble or f"It works, but the article's address is now “{moved.slug}”.", not trouble
    return _unreachable(there.by_slug.get(name), article, there), False


def _unreachable(named: Article | None, article: Document, there: _There) -> str:
    """Why those who read `article` cannot read the one it names."""
    if named is None:
        return "There is no such article."
    if named.status == Status.TRASHED:
        return f"“{named.title}” is in the trash."
    if article["status"] != Status.PUBLISHED:
        return ""  # only editors read this one, and they read all
    if named.status != Status.PUBLISHED:
        return f"“{named.title}” is not published: readers cannot open it."
    if there.readers(named.visibility) > there.readers(article["visibility"]):
        who = named.get_visibility_display().lower()
        return f"“{named.title}” is for fewer readers than this article: {who}."
    return ""


def _path(target: str, page: str) -> str:
    """The path that a browser on `page` would ask for; empty for what is no address."""
    try:
        return unquote(urlsplit(urljoin(page, target)).path)
    except ValueError:
        return ""


def _is_page(path: str) -> bool:
    """Whether some page has this address; it may still be closed to whoever asks."""
    if path.startswith(settings.STATIC_URL):
        return True
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
