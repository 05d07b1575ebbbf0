"""Markdown files → articles of a workspace: what is new, what changed, what stays.

An article remembers the path of its file relative to the folder that was imported, and is found
again by it. Finding and reading files is `markdown_files`; every write is `editing`'s.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import IntegrityError

from knowledge.editing import Conflict, create_article, edit_article
from knowledge.markdown_files import CannotRead, MarkdownFile, Page, read_page
from knowledge.models import Article, Status, Workspace

Outcome = Literal["created", "updated", "unchanged"]
SAVED_MEANWHILE = "somebody saved this article during the import: import it again"


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

    A file that says what its article says already writes nothing; one whose article is in the
    trash takes it out again. `visibility` is for all of them; without it, new articles are
    `default_visibility` and the others keep theirs. Articles whose file is gone are left alone.
    `progress` may wrap the files to show how far it is.
    """
    known = _imported_earlier(workspace)
    report = Report(missing=len(known.keys() - {file.relative for file in files}))
    for file in progress(files):
        try:
            outcome = _import(read_page(file), file, known, workspace, visibility)
        except CannotRead as error:
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
    fields: dict[str, Any] = {
        "title": page.title,
        "content": page.content,
        "summary": page.summary,
        "tags": page.tags,
        "category": page.category,
    }
    if article := known.get(file.relative):
        return _update(article, visibility, fields)
    create_article(
        workspace=workspace,
        author=None,
        source_path=file.relative,
        status=Status.PUBLISHED,
        visibility=visibility or default_visibility(workspace),
        **fields,
    )
    return "created"


def _update(article: Article, visibility: str, fields: dict[str, Any]) -> Outcome:
    if visibility:
        fields["visibility"] = visibility
    if article.status == Status.TRASHED:
        fields["status"] = Status.PUBLISHED
    changed = edit_article(article, seen=article.version, author=None, note="Imported", **fields)
    return "updated" if changed else "unchanged"
