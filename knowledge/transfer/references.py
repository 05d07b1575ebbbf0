"""Where a Markdown text says the address of a link or a picture. Pure, without Django.

The parser knows which links and pictures there are, and not where; so each address that it
names is looked for in the lines that hold it. Code is not touched, because the parser finds no
links there. Takes time with hostile text: what comes from outside is read by `reading_process`.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from knowledge.markdown import line_starts, parse

Kind = Literal["link", "picture"]

_INLINE: Final = re.compile(r"\]\([ \t\n]{0,20}")
_DEFINED: Final = re.compile(r"(?m)^ {0,3}\[[^\]\n]{1,999}\]:[ \t]{0,20}")
_MAX_ADDRESS: Final = 2_000
_BRACKETED: Final = re.compile(r"<([^<>\n]*)>")
_PIECE: Final = re.compile(r"\\[!-/:-@\[-`{-~]|[^\s()\x00-\x1f\x7f]|[()]")


@dataclass(frozen=True, slots=True)
class Reference:
    """An address in a text: `text[start:end]`, as written; `target` is what it means."""

    start: int
    end: int
    kind: Kind
    target: str


def references(text: str) -> list[Reference]:
    """Every address of a link or a picture in `text`, in order."""
    tokens = parse(text)
    starts = line_starts(text)
    found: dict[int, Reference] = {}
    everywhere: dict[str, Kind] = {}
    for token in tokens:
        if token.type == "inline" and token.map:
            named = _named(token.children or [])
            everywhere |= named
            if named:
                _look(text, starts[token.map[0]], starts[token.map[1]], named, found)
    outside = _lines_of(tokens)
    for match in _DEFINED.finditer(text) if everywhere else ():
        if bisect_right(starts, match.start()) - 1 not in outside:
            _add(match, everywhere, found)
    return [found[start] for start in sorted(found)]


def replaced(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """`text` with each span (start, end) replaced by what follows it."""
    pieces, position = [], 0
    for start, end, new in sorted(changes):
        pieces += [text[position:start], new]
        position = end
    return "".join([*pieces, text[position:]])


def references_changed(
    text: str, found: Iterable[Reference], change: Callable[[str, str], str]
) -> str:
    """`text` with each address as `change` makes it of what is written and what that means."""
    spans = ((r.start, r.end, change(text[r.start : r.end], r.target)) for r in found)
    return replaced(text, spans)


def path_of(target: str) -> str:
    """The path that an address names, without its query and fragment."""
    return unquote(re.split(r"[?#]", target, maxsplit=1)[0])


def _named(children: Iterable[Token]) -> dict[str, Kind]:
    return dict(_addresses(children))


def _addresses(children: Iterable[Token]) -> Iterator[tuple[str, Kind]]:
    for token in children:
        if token.type == "link_open":
            yield str(token.attrs["href"]), "link"
        elif token.type == "image":
            yield str(token.attrs["src"]), "picture"
            yield from _addresses(token.children or [])


def _lines_of(tokens: Iterable[Token]) -> set[int]:
    """The lines that code takes: what looks like a definition there is none."""
    code = (t.map for t in tokens if t.type in ("fence", "code_block") and t.map)
    return {line for first, last in code for line in range(first, last)}


def _look(
    text: str, start: int, end: int, named: Mapping[str, Kind], found: dict[int, Reference]
) -> None:
    for match in _INLINE.finditer(text, start, end):
        _add(match, named, found)


def _add(match: re.Match[str], named: Mapping[str, Kind], found: dict[int, Reference]) -> None:
    start, end = _span(match.string, match.end())
    target = normalizeLink(unescapeAll(match.string[start:end]))
    if end > start and target in named:
        found[start] = Reference(start, end, named[target], unquote(target))


def _span(text: str, start: int) -> tuple[int, int]:
    """Where the address that begins at `start` stands: in `<>`, or up to a space or a lone `)`."""
    if bracketed := _BRACKETED.match(text, start):
        return bracketed.span(1)
    end, depth = start, 0
    while piece := _PIECE.match(text, end):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if depth < 0 or end - start > _MAX_ADDRESS:
            break
        end = piece.end()
    return start, end
