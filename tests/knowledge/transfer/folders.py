"""How the tests of the import run it."""

from collections.abc import Callable
from pathlib import Path

from knowledge.models import Workspace
from knowledge.transfer.importing import Report, import_files
from knowledge.transfer.markdown_files import find_files

Write = Callable[..., Path]


def run(folder: Path, workspace: Workspace, visibility: str = "") -> Report:
    return import_files(find_files(folder), workspace=workspace, visibility=visibility)
