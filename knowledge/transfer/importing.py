"""Markdown files → articles of a workspace: what is new, what changed, what stays.

An article remembers the path of its file relative to the folder that was imported, and is found
again by it; and it remembers what the file said, so that a file which stays never undoes what an
editor wrote since. Finding and reading files is `markdown_files`; every write is `editing`'s.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import IntegrityError

from knowledge.editing import Conflict, create_article, edit_article
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
            outcome = _import(read_page(file), file, known, workspace, visibility)
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


def _imported_earlier(workspace: Workspace) -> dict[str, Article]:
    articles = Article.objects.filter(workspace_id=workspace.pk, source_path__gt="")
    return {article.source_path: article for article in articles}


def _import(
    page: Page,
    file: MarkdownFile,
    known: dict[str, Article],
    workspace: Workspace,
    visibility: str,
) -> Outcome:
    if article := known.get(file.relative):
        return _update(article, page, visibility)
    create_article(
        workspace=workspace,
        author=None,
        source_path=file.relative,
        status=Status.PUBLISHED,
        visibility=visibility or default_visibility(workspace),
        **_fields(page),
    )
    return "created"


def _update(article: Article, page: Page, visibility: str) -> Outcome:
    fields: dict[str, Any] = {}
    if article.source_hash != _fingerprint(page):
        _check_not_edited(article, page)
        fields = _fields(page)
    if visibility:
        fields["visibility"] = visibility
    if article.status == Status.TRASHED:
        fields["status"] = Status.PUBLISHED
    changed = edit_article(article, seen=article.version, author=None, note="Imported", **fields)
    return "updated" if changed else "unchanged"


def _check_not_edited(article: Article, page: Page) -> None:
    """The article must say what was imported last, or already what the file says now."""
    if _fingerprint(article) not in (article.source_hash, _fingerprint(page)):
        raise ChangedTwice(CHANGED_TWICE)


def _fields(page: Page) -> dict[str, Any]:
    fields = {name: getattr(page, name) for name in FROM_FILE}
    return fields | {"source_hash": _fingerprint(page)}


def _fingerprint(said: Page | Article) -> str:
    """SHA-256, in hexadecimal, of what a file or an article says."""
    values = json.dumps([getattr(said, name) for name in FROM_FILE])
    return hashlib.sha256(values.encode()).hexdigest()
