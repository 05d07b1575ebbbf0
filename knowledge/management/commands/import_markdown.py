"""`manage.py import_markdown PATH --workspace SLUG`: arguments in, a report out."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from tqdm import tqdm

from knowledge.models import MAX_SLUG, Visibility, Workspace
from knowledge.transfer.importing import Report, import_files
from knowledge.transfer.markdown_files import MarkdownFile, find_files, humanise
from knowledge.workspaces import WorkspaceExists, create_workspace


class Command(BaseCommand):
    help = (
        "Import Markdown files as published articles. A file is found again by its path below "
        "PATH, so importing twice changes only what changed; what was edited in the site is never "
        "overwritten; an article that was put in the trash comes back as long as its file is "
        "there. Ends with status 1 if a file failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path", type=Path, help="a folder (.md and .mdx, at any depth) or a file"
        )
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--create", action="store_true", help="make the workspace if needed")
        parser.add_argument(
            "--visibility",
            choices=Visibility.values,
            default="",
            help="who may read the articles; new ones follow the workspace without it",
        )
        parser.add_argument("--json", action="store_true", help="print the report as one object")

    def handle(self, **options: Any) -> None:
        files = _files(options["path"])
        workspace = _workspace(options["workspace"], options["create"], options["visibility"])
        report = import_files(
            files, workspace=workspace, visibility=options["visibility"], progress=_on_a_terminal
        )
        if options["json"]:
            self.stdout.write(json.dumps({"workspace": workspace.slug, **asdict(report)}))
        else:
            self._print(report, workspace)
        if report.failed:
            raise CommandError(f"Not imported: {len(report.failed)} of {len(files)} files.")

    def _print(self, report: Report, workspace: Workspace) -> None:
        for failure in report.failed:
            self.stderr.write(f"{failure.path}: {failure.reason}")
        self.stdout.write(
            f"{workspace.name}: {report.created} created, {report.updated} updated, "
            f"{report.unchanged} unchanged, {len(report.failed)} failed."
        )
        if report.missing:
            self.stdout.write(
                f"{report.missing} imported earlier have no file here any more; they were kept."
            )


def _files(path: Path) -> list[MarkdownFile]:
    if not path.exists():
        raise CommandError(f"There is no file or folder {path}.")
    files = find_files(path)
    if not files:
        raise CommandError(f"There are no .md or .mdx files in {path}.")
    return files


def _workspace(slug: str, create: bool, visibility: str) -> Workspace:
    found = Workspace.objects.filter(slug=slug).first()
    if found is None and not create:
        raise CommandError(f"There is no workspace {slug!r}. Add --create to make it.")
    return found or _create(slug, visibility)


def _create(slug: str, visibility: str) -> Workspace:
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise CommandError(f"--workspace {slug!r}: {error.messages[0]}") from error
    if len(slug) > MAX_SLUG:
        raise CommandError(f"--workspace: use at most {MAX_SLUG} characters.")
    open_to_all = visibility == Visibility.PUBLIC
    try:
        return create_workspace(
            slug=slug,
            name=humanise(slug) or slug,
            visibility=Visibility.PUBLIC if open_to_all else Visibility.MEMBERS,
        )
    except WorkspaceExists:
        return Workspace.objects.get(slug=slug)


def _on_a_terminal(files: Sequence[MarkdownFile]) -> Iterable[MarkdownFile]:
    progress: Iterable[MarkdownFile] = tqdm(files, unit=" files", disable=None, leave=False)
    return progress
