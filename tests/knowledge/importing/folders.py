"""How the tests of the import run it."""

from collections.abc import Callable
from pathlib import Path

from knowledge.importing import Report, import_files
from knowledge.markdown_files import find_files
from knowledge.models import Workspace

Write = Callable[..., Path]


def run(folder: Path, workspace: Workspace, visibility: str = "") -> Report:
    return import_files(find_files(folder), workspace=workspace, visibility=visibility)
