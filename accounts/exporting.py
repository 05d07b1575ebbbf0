"""The audit log as a file, written while it is sent: CSV for people, JSON lines for programs."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any, Final

from pymongo.cursor import Cursor

from accounts import audit
from kbsite.documents import Document

COLUMNS: Final = (
    "at",
    "action",
    "what",
    "outcome",
    "actor_id",
    "actor_name",
    "target_id",
    "target_name",
    "address",
    "details",
)
AT_ONCE: Final = 500
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell, and may run."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """A kind of file: its name for people, its ending, and how a batch of rows is written."""

    label: str
    content_type: str
    encode: Callable[[list[Row]], str]
    head: str = ""

    async def write(self, events: Cursor[Document]) -> AsyncIterator[str]:
        """The file, piece by piece, of which never more than one is in memory."""
        yield self.head
        while batch := await asyncio.to_thread(lambda: [*islice(events, AT_ONCE)]):
            yield self.encode([_row(event) for event in batch])


def _row(event: Document) -> Row:
    row = {name: event.get(name, "") for name in COLUMNS}
    at = event["at"].replace(tzinfo=UTC)
    return row | {"at": at.isoformat(), "what": audit.in_words(event["action"])}


def _csv(rows: list[Row]) -> str:
    file = io.StringIO()
    # a spreadsheet that cuts at semicolons would begin a cell in the middle of a value
    lines = [row | {"details": json.dumps(row["details"]).replace(";", r"\u003b")} for row in rows]
    csv.writer(file).writerows([[_cell(line[name]) for name in COLUMNS] for line in lines])
    return file.getvalue()


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def _json_lines(rows: list[Row]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


FORMATS: Final = {
    "csv": Format("CSV", "text/csv; charset=utf-8", _csv, head=",".join(COLUMNS) + "\r\n"),
    "jsonl": Format("JSON lines", "application/jsonl; charset=utf-8", _json_lines),
}
