"""The lines of a folder's files: JSON objects and rows of text, each with where it stands."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class DatasetError(Exception):
    """The folder cannot be evaluated on; the message names the file, and the line."""


def records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's JSON object, and where it stands in words."""
    for number, line in lines(path):
        where = f"{path.name}, line {number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            raise DatasetError(f"{where}: this is not JSON ({error}).") from None
        if not isinstance(record, dict):
            raise DatasetError(f"{where}: this is not a JSON object.")
        yield where, record


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold anything, counted from 1."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
            except UnicodeDecodeError:
                raise DatasetError(f"{path.name}, line {number}: this is not UTF-8.") from None
            if text.strip():
                yield number, text


def record_id(where: str, record: Mapping[str, Any]) -> str:
    """The record's id; BEIR's sets call it `_id`, and some count instead of naming."""
    found = record.get("id", record.get("_id"))
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise DatasetError(f'{where}: "id" is missing.')
    return str(found)


def record_text(where: str, record: Mapping[str, Any], key: str) -> str:
    if not isinstance(found := record.get(key), str):
        raise DatasetError(f'{where}: "{key}" is missing, or is not text.')
    return found
