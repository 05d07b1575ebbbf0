"""Where text may be cut: at blocks, then at items and rows, sentences or lines, then anywhere.

Spans are (start, end) in characters of the source. What a section is, and what a passage carries,
is `chunking`. A fence is one block: it is cut, at blank lines and then at lines, only when it does
not fit. The last resort is a cut at a space, or else between two characters that do not join.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, TypeAlias

from markdown_it.token import Token

Span: TypeAlias = tuple[int, int]

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_BLANK_LINE: Final = re.compile(r"(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)")
_SENTENCE_END: Final = re.compile(r"[.!?…][\"'”’)\]*_]*\s+|[。！？]")  # noqa: RUF001
_CODE_CUTS: Final = (_BLANK_LINE, _LINE_END)
_PROSE_CUTS: Final = (_SENTENCE_END,)
_MAX_JOINED: Final = 64
"""Longest run of joining characters kept whole, far over any real grapheme."""


@dataclass(slots=True)
class Block:
    """A block token and its span; `kind` is the token's type without `_open`, or `gap`."""

    kind: str
    line: int
    start: int
    end: int
    children: list["Block"] = field(default_factory=list)


def blocks(tokens: Iterable[Token], starts: Sequence[int]) -> list[Block]:
    """The top-level blocks as trees, and a `gap` for what lies between: the source, partitioned.

    `starts` is `line_starts(source)`. A gap holds what makes no token: blank lines and link
    reference definitions.
    """
    top: list[Block] = []
    stack = [top]
    for token in tokens:
        if token.nesting < 0:
            stack.pop()
        elif token.type != "inline":
            children = _add(token, starts, stack[-1])
            if token.nesting > 0:
                stack.append(children)
    return list(_with_gaps(top, starts[-1]))


def cut(source: str, block: Block, *, limit: int) -> Iterator[Span]:
    """`block` as trimmed spans of at most `limit` characters; together they hold all its text."""
    span = trim(source, (block.start, block.end))
    if span[1] - span[0] <= limit:
        yield from [span] if span[0] < span[1] else []
    elif block.children:
        points = [block.start, *(child.start for child in block.children[1:]), block.end]
        for child, (start, end) in zip(block.children, pairwise(points), strict=True):
            yield from cut(source, replace(child, start=start, end=end), limit=limit)
    else:
        is_code = block.kind in ("fence", "code_block")
        yield from _cut_text(source, span, limit, _CODE_CUTS if is_code else _PROSE_CUTS)


def pack(source: str, spans: Iterable[Span], *, limit: int) -> Iterator[Span]:
    """Join neighbouring `spans` while they fit, keeping a lead-in with what it leads to."""
    group: list[Span] = []
    for span in spans:
        if group and span[1] - group[0][0] > limit:
            carried = _carried(source, group, span, limit)
            kept = group[: len(group) - len(carried)]
            yield kept[0][0], kept[-1][1]
            group = carried
        group.append(span)
    if group:
        yield group[0][0], group[-1][1]


def trim(source: str, span: Span) -> Span:
    """`span` without blank lines before and white space after; the first line keeps its indent."""
    text = source[slice(*span)]
    if not (body := text.strip()):
        return span[0], span[0]
    lead = text[: text.index(body)]
    indented = max(lead.rfind("\n"), lead.rfind("\r")) + 1
    return span[0] + indented, span[0] + len(lead) + len(body)


def _add(token: Token, starts: Sequence[int], siblings: list[Block]) -> list[Block]:
    """Add the token's block to `siblings`; return where its children go."""
    if token.map is None:  # a table's cells: their row is cut as text
        return []
    first, last = token.map
    block = Block(token.type.removesuffix("_open"), first, starts[first], starts[last])
    siblings.append(block)
    return block.children


def _with_gaps(top: Iterable[Block], length: int) -> Iterator[Block]:
    at = 0
    for block in top:
        yield Block("gap", -1, at, block.start)
        yield block
        at = block.end
    yield Block("gap", -1, at, length)


def _carried(source: str, group: list[Span], span: Span, limit: int) -> list[Span]:
    """The last of `group`, if it is a heading or ends with a colon, and may go with `span`."""
    start, end = group[-1]
    leads = source[start] == "#" or source[end - 1] == ":"
    return group[-1:] if leads and len(group) > 1 and span[1] - start <= limit else []


def _cut_text(
    source: str, span: Span, limit: int, cuts: tuple[re.Pattern[str], ...]
) -> Iterator[Span]:
    if span[1] - span[0] <= limit:
        yield span
    elif cuts:
        inner = (match.end() for match in cuts[0].finditer(source, *span))
        for piece in pairwise([span[0], *inner, span[1]]):
            if (trimmed := trim(source, piece))[0] < trimmed[1]:
                yield from _cut_text(source, trimmed, limit, cuts[1:])
    else:
        yield from _cut_anywhere(source, span, limit)


def _cut_anywhere(source: str, span: Span, limit: int) -> Iterator[Span]:
    start, end = span
    while end - start > limit:
        middle = _cutting_point(source, start, start + limit)
        if (piece := trim(source, (start, middle)))[0] < piece[1]:
            yield piece
        start = middle
    if (piece := trim(source, (start, end)))[0] < piece[1]:
        yield piece


def _cutting_point(source: str, start: int, end: int) -> int:
    """The last place up to `end`: after a space in the second half, else between graphemes."""
    for at in range(end, (start + end) // 2, -1):
        if source[at - 1].isspace() and not source[at].isspace():
            return at
    for at in range(end, max(start, end - _MAX_JOINED), -1):
        if not _join(source, at) and not _splits_a_flag(source, start, at):
            return at
    return end


def _join(source: str, at: int) -> bool:
    """Whether the characters on both sides of `at` are one to a reader (UAX 29, in short)."""
    before, after = source[at - 1], source[at]
    return (
        unicodedata.category(after).startswith("M")
        or after in "\u200c\u200d"
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= after <= "\U000e007f"  # tags, as in regional flags
        or "\u1160" <= after <= "\u11ff"  # Hangul vowels and finals
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
    )


def _splits_a_flag(source: str, start: int, at: int) -> bool:
    """Flags are pairs of regional indicators: after an odd number of them comes half a flag."""
    run = at
    while run > start and _is_regional(source[run - 1]):
        run -= 1
    return (at - run) % 2 == 1 and _is_regional(source[at])


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
