"""What a job's page says: its state in words, its counts, and one line for each file."""

from dataclasses import dataclass
from typing import Any, Final

from knowledge.models import ImportJob
from knowledge.transfer.jobs import WITH_THE_WORKER, shown

MAX_LINES: Final = 500
"""Lines of one group that a page shows; of the others the number."""

_TO_COME: Final = {
    "created": ("New", "good"),
    "updated": ("Will change", "warn"),
    "unchanged": ("Unchanged", "quiet"),
    "refused": ("Refused", "bad"),
}
_DONE: Final = {**_TO_COME, "created": ("Created", "good"), "updated": ("Changed", "good")}
_ORDER: Final = ("refused", "updated", "created", "unchanged")


@dataclass(frozen=True, slots=True)
class Line:
    """A file in the report: `slug` leads to its article, where there is one."""

    path: str
    title: str
    reason: str
    slug: str


@dataclass(frozen=True, slots=True)
class Group:
    """The files that share an outcome; `more` of them are not listed."""

    name: str
    tone: str
    count: int
    lines: list[Line]
    more: int


@dataclass(frozen=True, slots=True)
class Report:
    """`working`: it changes by itself. `percent`: of the files, or None before they are known."""

    working: bool
    percent: int | None
    groups: list[Group]
    ignored: int
    left: int


def report_of(job: ImportJob) -> Report:
    """What the job's page says."""
    working = job.state in WITH_THE_WORKER
    reached = _reached(job)
    words = _DONE if job.confirmed_at else _TO_COME
    groups = [_group(outcome, words[outcome], reached) for outcome in _ORDER]
    return Report(
        working=working,
        percent=100 * job.done // job.total if job.total else None,
        groups=[group for group in groups if group.count],
        ignored=job.counts.get("ignored", 0),
        left=max(job.total - len(reached), 0),
    )


def _reached(job: ImportJob) -> list[dict[str, Any]]:
    """The entries that say what is: while it imports, those not reached yet still say a plan."""
    entries: list[dict[str, Any]] = job.entries
    return entries[: job.done] if job.confirmed_at else entries


def _group(outcome: str, words: tuple[str, str], entries: list[dict[str, Any]]) -> Group:
    mine = [entry for entry in entries if entry["outcome"] == outcome]
    lines = [
        Line(shown(entry["path"]), entry["title"], entry["reason"], entry["article"])
        for entry in mine[:MAX_LINES]
    ]
    return Group(*words, len(mine), lines, len(mine) - len(lines))
