"""Cut an article into the passages that are embedded, searched, cited and shown.

Pure: text in, passages out, no I/O. What a heading is decides `markdown`; where text may be cut
inside a block decides `cutting`. A section runs from one heading of level 1 to 3 to the next;
deeper headings are text of their section. A heading's words are in the breadcrumb of every
passage below it; a heading with nothing below it is a passage of its own, so it can be found.
Page markup at the edge of a passage is left out of it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from knowledge.cutting import Block, Span, blocks, cut, pack
from knowledge.markdown import Heading, headings, line_starts, parse_blocks, same_text

_SECTION_LEVELS: Final = 3
_BREADCRUMB_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: `text` is `source[start:end]`, under the headings named in `breadcrumb`."""

    chunk_index: int
    breadcrumb: tuple[str, ...]
    anchor: str
    text: str
    start: int
    end: int

    @property
    def embedding_input(self) -> str:
        """What is embedded: the breadcrumb on one line, then the text."""
        return f"{' > '.join(self.breadcrumb)}\n{self.text}"

    @property
    def content_hash(self) -> str:
        """SHA-256 of `embedding_input`, in hex: the same hash means the same vector."""
        return hashlib.sha256(self.embedding_input.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading; before the first heading there is a section without one."""

    heading: Heading | None
    title: Block
    body: list[Block]

    @property
    def level(self) -> int:
        return self.heading.level if self.heading else 0


def chunk(source: str, *, title: str, max_chars: int = 1500) -> list[Chunk]:
    """The passages of `source` in order, none over `max_chars` characters of text.

    Spans are exact, do not overlap, and hold every non-blank character outside headings and
    page markup. No passage mixes two sections.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars must be at least 1, not {max_chars}")
    found: list[Chunk] = []
    for section, breadcrumb, spans in sections(source, title=title, max_chars=max_chars):
        anchor = section.heading.anchor if section.heading else ""
        for start, end in spans:
            found.append(Chunk(len(found), breadcrumb, anchor, source[start:end], start, end))
    return found


def sections(
    source: str, *, title: str, max_chars: int
) -> Iterator[tuple[Section, tuple[str, ...], list[Span]]]:
    """Each section of `source` with its breadcrumb and its passages, which may be none."""
    found = _sections(source)
    for section, breadcrumb, following in zip(
        found, _breadcrumbs(found, title), [*found[1:], None], strict=True
    ):
        spans = list(_spans(source, section.body, max_chars))
        if not spans and _ends_here(section, following):
            spans = list(_spans(source, [section.title], max_chars))
        yield section, breadcrumb, spans


def _sections(source: str) -> list[Section]:
    tokens = parse_blocks(source)
    opening = {h.line: h for h in headings(tokens) if h.level <= _SECTION_LEVELS}
    found = [Section(None, Block("gap", -1, 0, 0), [])]
    for block in blocks(tokens, line_starts(source)):
        if block.kind == "heading" and block.line in opening:
            found.append(Section(opening[block.line], block, []))
        else:
            found[-1].body.append(block)
    return found


def _spans(source: str, body: list[Block], limit: int) -> Iterator[Span]:
    shown = (block for block in body if block.kind != "page_markup")
    pieces = (span for block in shown for span in cut(source, block, limit=limit))
    return pack(source, pieces, limit=limit)


def _ends_here(section: Section, following: Section | None) -> bool:
    """Whether no breadcrumb below would name this section's heading."""
    named = section.heading is not None and section.heading.text
    return bool(named) and (following is None or following.level <= section.level)


def _breadcrumbs(found: list[Section], title: str) -> Iterator[tuple[str, ...]]:
    """Each section's trail from the title down, without a first heading that repeats the title."""
    title = _crumb(title) or "Untitled"
    trail: list[tuple[int, str]] = []
    for section in found:
        if heading := section.heading:
            trail = [(level, text) for level, text in trail if level < heading.level]
            trail.append((heading.level, _crumb(heading.text)))
        names = (text for level, text in trail if not (level == 1 and same_text(text, title)))
        yield (title, *filter(None, names))


def _crumb(text: str) -> str:
    return " ".join(text.split())[:_BREADCRUMB_CHARS]
