"""The sentences of an answer or a passage, each with its exact characters in the Markdown. Pure.

Blocks come from `placing`, where a sentence ends is decided by `sentences`. A heading, a table's
row and a line of code are one statement each. A citation after a full stop belongs to the
sentence before it. Spans hold the marks of emphasis around a sentence, never overlap, and are in
order.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from knowledge.answer_markdown import answer_blocks
from knowledge.answers.sentences import sentence_ends
from knowledge.markdown import placed_blocks
from knowledge.placing import CITATION, Block, Kind, Piece

_NO_SPACE: Final = re.compile(r" (?=[.,;:!?])")


@dataclass(frozen=True, slots=True)
class Statement:
    """`source[start:end]`: what a reader reads of it, its code, the numbers it cites, its block."""

    start: int
    end: int
    text: str
    codes: tuple[str, ...]
    citations: tuple[int, ...]
    block: int
    kind: Kind


def answer_statements(text: str, *, retrieved: Iterable[int]) -> list[Statement]:
    """The statements of an answer; only numbers among `retrieved` are citations."""
    return _statements(text, answer_blocks(text, citations=frozenset(retrieved)))


def passage_statements(text: str) -> list[Statement]:
    """The statements of a passage; nothing in it is a citation."""
    return _statements(text, placed_blocks(text))


def _statements(source: str, blocks: Iterable[Block]) -> list[Statement]:
    return [
        statement
        for number, block in enumerate(blocks)
        for statement in _split(source, block, number)
        if statement.text
    ]


def _split(source: str, block: Block, number: int) -> Iterator[Statement]:
    offsets = list(accumulate((len(piece.seen) for piece in block.pieces), initial=0))
    masked = "".join(map(_masked, block.pieces))
    ends = sentence_ends(masked) if block.kind == "paragraph" else ()
    for low, high in pairwise([0, *ends, offsets[-1]]):
        last = low + len(masked[low:high].rstrip())
        start = block.start if low == 0 else _after(block, offsets, low)
        end = block.end if high == offsets[-1] else _before(block, offsets, last)
        held = _held(block, offsets, low, high)
        yield Statement(
            *_trimmed(source, start, end),
            text=_read("".join(part for _, part in held)),
            codes=tuple(piece.text for piece, _ in held if piece.type == "code_inline"),
            citations=tuple(
                dict.fromkeys(int(piece.text) for piece, _ in held if piece.type == "citation")
            ),
            block=number,
            kind=block.kind,
        )


def _read(seen: str) -> str:
    """On one line, without citations and the spaces that they leave before a full stop."""
    return _NO_SPACE.sub("", " ".join(seen.replace(CITATION, " ").split()))


def _masked(piece: Piece) -> str:
    """The piece as long as it is seen, its code without anything that could end a sentence."""
    return "x" * len(piece.seen) if piece.type == "code_inline" else piece.seen


def _after(block: Block, offsets: list[int], at: int) -> int:
    """Where the visible character before `at` ends in the source: marks that follow come after."""
    number = max(0, bisect_right(offsets, at - 1) - 1)
    piece, inside = block.pieces[number], at - offsets[number]
    return piece.end if inside >= len(piece.seen) else min(piece.start + inside, piece.end)


def _before(block: Block, offsets: list[int], at: int) -> int:
    """Where the visible character at `at` starts in the source: marks that end come before."""
    number = min(bisect_right(offsets, at), len(block.pieces)) - 1
    piece = block.pieces[number]
    return min(piece.start + at - offsets[number], piece.end)


def _held(block: Block, offsets: list[int], low: int, high: int) -> list[tuple[Piece, str]]:
    """The pieces between two visible characters, each with its part there."""
    first = max(0, bisect_right(offsets, low) - 1)
    held = []
    for number in range(first, len(block.pieces)):
        if offsets[number] >= high:
            break
        piece, at = block.pieces[number], offsets[number]
        if part := piece.seen[max(0, low - at) : high - at]:
            held.append((piece, part))
    return held


def _trimmed(source: str, start: int, end: int) -> tuple[int, int]:
    text = source[start:end]
    lead = len(text) - len(text.lstrip())
    return start + lead, start + max(lead, len(text.rstrip()))
