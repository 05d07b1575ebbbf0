"""Files → articles of a workspace: what is new, what changed, what stays.

An article remembers the path of its file relative to what was imported, and is found again by
it; a file that an export wrote names its article. Both remember what the file said, so that a
file which stays never undoes what an editor wrote since. Finding and reading files is
`markdown_files` and `reading`; every write is `editing`'s.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import IntegrityError

from accounts.models import User
from knowledge.editing import Conflict, SlugTaken, create_article, edit_article
from knowledge.models import Article, Status, Workspace
from knowledge.transfer.markdown_files import CannotRead, MarkdownFile, Page, read_page

Outcome = Literal["created", "updated", "unchanged"]
FROM_FILE = ("title", "content", "summary", "tags", "category")
"""The fields of an article that its file decides, as `Page` names them."""
SAVED_MEANWHILE = "somebody saved this article during the import: import it again"
CHANGED_TWICE = (
    "changed here and in the file since the last import; nothing was overwritten: "
    "make both say the same, then import again"
)


class ChangedTwice(Exception):
    """Importing the file would undo what was written in the site."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was not imported, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Report:
    """What an import did, in files; `missing` counts earlier imports whose file is gone."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    missing: int = 0
    failed: list[Failure] = field(default_factory=list)


def import_files(
    files: Sequence[MarkdownFile],
    *,
    workspace: Workspace,
    visibility: str = "",
    progress: Callable[[Sequence[MarkdownFile]], Iterable[MarkdownFile]] = iter,
) -> Report:
    """Make or update one published article for each file; a bad one does not stop the others.

    A file that says what it said last time writes nothing, whatever its article says by now; one
    whose article is in the trash takes it out again. Where both changed, the file fails.
    `visibility` is for all of them; without it, new articles are
    `default_visibility` and the others keep theirs. Articles whose file is gone are left alone.
    `progress` may wrap the files to show how far it is.
    """
    known = _imported_earlier(workspace)
    report = Report(missing=len(known.keys() - {file.relative for file in files}))
    for file in progress(files):
        try:
            article = known.get(file.relative)
            outcome = _import_file(read_page(file), file, article, workspace, visibility)
        except (CannotRead, ChangedTwice) as error:
            report.failed.append(Failure(file.shown, str(error)))
        except (Conflict, IntegrityError):
            report.failed.append(Failure(file.shown, SAVED_MEANWHILE))
        else:
            setattr(report, outcome, getattr(report, outcome) + 1)
    return report


def default_visibility(workspace: Workspace) -> str:
    """What a workspace's new articles are: open to whoever may enter it."""
    return workspace.visibility


def article_of(page: Page, path: str, workspace: Workspace) -> Article | None:
    """The workspace's article that the file was imported to, or exported from."""
    articles = Article.objects.filter(workspace_id=workspace.pk)
    found = articles.filter(source_path=path).first()
    if found is None and page.origin:
        found = articles.filter(pk=str(page.origin.article)).first()
    return found


def outcome_of(page: Page, article: Article | None, *, revived_as: Status) -> Outcome:
    """What importing the page would do. Raises `ChangedTwice`."""
    if article is None:
        return "created"
    return "updated" if _told(_changes(article, page, revived_as)) else "unchanged"


def create_from(page: Page, path: str, *, workspace: Workspace, **fields: Any) -> Article:
    """Make an article of a page; at its old address, where an export knows it and it is free."""
    fields |= {"workspace": workspace, "source_path": path, **_fields(page)}
    if page.origin and page.origin.slug:
        try:
            return create_article(slug=page.origin.slug, **fields)
        except SlugTaken:
            pass  # a made-up one will do
    return create_article(**fields)


def update_from(
    page: Page, article: Article, *, author: User | None, revived_as: Status, visibility: str = ""
) -> Outcome:
    """Let the article follow its file. Raises `ChangedTwice` and `Conflict`."""
    changes = _changes(article, page, revived_as)
    if visibility and visibility != article.visibility:
        changes["visibility"] = visibility
    edit_article(article, seen=article.version, author=author, note="Imported", **changes)
    return "updated" if _told(changes) else "unchanged"


def fingerprint(said: Page | Article) -> str:
    """SHA-256, in hexadecimal, of what a file or an article says."""
    values = json.dumps([getattr(said, name) for name in FROM_FILE])
    return hashlib.sha256(values.encode()).hexdigest()


def _imported_earlier(workspace: Workspace) -> dict[str, Article]:
    articles = Article.objects.filter(workspace_id=workspace.pk, source_path__gt="")
    return {article.source_path: article for article in articles}


def _import_file(
    page: Page,
    file: MarkdownFile,
    article: Article | None,
    workspace: Workspace,
    visibility: str,
) -> Outcome:
    article = article or article_of(page, file.relative, workspace)
    if article:
        return update_from(
            page, article, author=None, revived_as=Status.PUBLISHED, visibility=visibility
        )
    create_from(
        page,
        file.relative,
        workspace=workspace,
        author=None,
        status=Status.PUBLISHED,
        visibility=visibility or default_visibility(workspace),
    )
    return "created"


def _changes(article: Article, page: Page, revived_as: Status) -> dict[str, Any]:
    """The fields that importing the page would change, the note of it (`source_hash`) included."""
    fields: dict[str, Any] = {}
    if article.source_hash != fingerprint(page):
        _check_not_edited(article, page)
        fields = _fields(page)
    if article.status == Status.TRASHED:
        fields["status"] = revived_as
    return {name: value for name, value in fields.items() if getattr(article, name) != value}


def _told(changes: dict[str, Any]) -> bool:
    return bool(changes.keys() - {"source_hash"})


def _check_not_edited(article: Article, page: Page) -> None:
    """The article must say what the file was made from, or already what the file says now."""
    exported = page.origin.fingerprint if page.origin else ""
    if fingerprint(article) not in (article.source_hash, fingerprint(page), exported):
        raise ChangedTwice(CHANGED_TWICE)


def _fields(page: Page) -> dict[str, Any]:
    return {**{name: getattr(page, name) for name in FROM_FILE}, "source_hash": fingerprint(page)}
