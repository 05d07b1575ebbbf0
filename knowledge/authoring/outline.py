"""How an article's text will be cut into passages, told to its author while they write.

Pure, and as slow as the text is hostile: `rendering` runs it in a process that it can end. What
a passage is decides `chunking`; the words for people are in the templates.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from knowledge.chunking import sections
from knowledge.cutting import Span
from knowledge.markdown import Heading

MAX_LISTED: Final = 300


@dataclass(frozen=True, slots=True)
class OutlineSection:
    """One section: its heading's level (0 before the first), words and line from 0.

    `sizes` are its passages' lengths in characters. `empty`: nothing stands below its heading,
    so that only the heading itself can be found. `repeated`: another has the same breadcrumb.
    """

    level: int
    text: str
    line: int
    sizes: list[int]
    empty: bool
    repeated: bool

    @property
    def chars(self) -> int:
        return sum(self.sizes)


@dataclass(frozen=True, slots=True)
class Outline:
    """The first sections of a text, and how many sections and passages it has in all."""

    listed: tuple[OutlineSection, ...]
    sections: int
    passages: int

    @property
    def more(self) -> int:
        """How many sections are not listed."""
        return self.sections - len(self.listed)


def outline(source: str, *, title: str, max_chars: int) -> Outline:
    """The sections of `source`. One without a heading is listed only where it has text."""
    found = [
        (section.heading, breadcrumb, spans, section.title.start)
        for section, breadcrumb, spans in sections(source, title=title, max_chars=max_chars)
        if section.heading or spans
    ]
    times = Counter(_folded(breadcrumb) for heading, breadcrumb, _, _ in found if heading)
    listed = tuple(
        _section(heading, spans, starts_at, bool(heading) and times[_folded(breadcrumb)] > 1)
        for heading, breadcrumb, spans, starts_at in found[:MAX_LISTED]
    )
    return Outline(listed, len(found), sum(len(spans) for _, _, spans, _ in found))


def _section(
    heading: Heading | None, spans: list[Span], starts_at: int, repeated: bool
) -> OutlineSection:
    sizes = [end - start for start, end in spans]
    if heading is None:
        return OutlineSection(0, "", 0, sizes, empty=False, repeated=False)
    empty = bool(spans) and spans[0][0] <= starts_at
    return OutlineSection(heading.level, heading.text, heading.line, sizes, empty, repeated)


def _folded(breadcrumb: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.casefold() for name in breadcrumb)
