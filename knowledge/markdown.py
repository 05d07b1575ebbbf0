"""The one Markdown parser: CommonMark, tables and strikethrough, with source positions.

The chunker, the renderer and the excerpts all walk what this module returns, so a heading is a
heading for all of them or for none. What the tokens turn into lives elsewhere: `chunking`
(passages), `article_html` (pages), `answer_html` (what a model wrote), `excerpts` (source cards).

A heading is a top-level ATX or setext heading of any level. One inside a quotation or a list
belongs to what it stands in: it is rendered as text of that block, and has no anchor.

Raw HTML is not HTML here, it is text. Markup that only builds pages (comments, MDX wrappers) is
recognised by `page_markup` and hidden; it keeps its place in the source.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from knowledge.page_markup import hide_page_markup
from knowledge.placing import Block, environment, place_tokens, placed

ANCHOR_PREFIX: Final = "s-"
"""Starts every id an article can cause, so that none can shadow an id of the page around it."""

_NEWLINE: Final = re.compile(r"\r\n?|\n")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_PARSED_HEADING_CHARS: Final = 500
_SLUG_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading: level 1 to 6, plain text, its id on the page, its first line (from 0)."""

    level: int
    text: str
    anchor: str
    line: int


def parse(source: str) -> list[Token]:
    """All tokens of `source`, inline children included."""
    return _full.parse(encodable(source))


def parse_blocks(source: str) -> list[Token]:
    """The same blocks and headings without inline children: linear, so safe in any process."""
    return _blocks.parse(encodable(source))


def parse_placed(source: str) -> list[Token]:
    """As `parse`; what shows something has its characters in `meta["span"]` (`placing`)."""
    source = encodable(source)
    return _placed.parse(source, environment(source, line_starts(source)))


def placed_blocks(source: str) -> list[Block]:
    """The blocks of `source` that hold text, each piece of it with its place."""
    return placed(parse_placed(source), encodable(source), line_starts(source))


def headings(tokens: Iterable[Token]) -> list[Heading]:
    """The headings among `tokens`, in order; their anchors are unique and never empty."""
    return [token.meta["heading"] for token in tokens if "heading" in token.meta]


def line_starts(source: str) -> list[int]:
    """Where each line of a token's `map` starts in `source`, and then its length.

    The parser ends lines at CR, LF and CRLF and nowhere else, and so does this.
    """
    return [0, *(match.end() for match in _NEWLINE.finditer(source)), len(source)]


def inline_text(tokens: Sequence[Token]) -> str:
    """What `tokens` say without their marks, on one line."""
    return " ".join("".join(_texts(tokens)).split())


def same_text(one: str, other: str) -> bool:
    """Whether two titles read the same, whatever their case and spacing."""
    return one.casefold().split() == other.casefold().split()


def slug(text: str) -> str:
    """`text` as GitHub turns it into an anchor: letters of any script, digits, `-` and `_`."""
    kept = (c for c in text.strip().lower() if c.isalnum() or c in " -_" or _is_mark(c))
    return "".join(kept).replace(" ", "-")[:_SLUG_CHARS]


def encodable(source: str) -> str:
    """`source` without lone surrogates, which UTF-8 cannot hold; every offset stays."""
    return _SURROGATE.sub("\ufffd", source)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _texts(tokens: Sequence[Token]) -> Iterable[str]:
    for token in tokens:
        if token.children:
            yield from _texts(token.children)
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        else:
            yield token.content


class _Anchors:
    """Gives each slug once: `s-a`, `s-a-1`, `s-a-2`."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def unique(self, text: str) -> str:
        base = candidate = slug(text) or "section"
        while candidate in self._next:
            candidate = f"{base}-{self._next[base]}"
            self._next[base] += 1
        self._next[candidate] = 1
        return ANCHOR_PREFIX + candidate


def _find_headings(state: StateCore) -> None:
    """Core rule: note each heading on its opening token, before anything inline is parsed."""
    anchors = _Anchors()
    for token, content in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type == "heading_open" and token.level == 0:
            text = _heading_text(state, content)
            line = token.map[0] if token.map else 0
            token.meta["heading"] = Heading(int(token.tag[1]), text, anchors.unique(text), line)


def _heading_text(state: StateCore, inline: Token) -> str:
    # A heading is short; a hostile one is cut before its inline syntax costs anything.
    children = state.md.inline.parse(
        inline.content[:_PARSED_HEADING_CHARS], state.md, state.env, []
    )
    return inline_text(children)


def _parser(*, places: bool = False) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    if places:
        place_tokens(parser, "commonmark")
    parser.enable(["table", "strikethrough"])
    parser.use(hide_page_markup)
    parser.core.ruler.after("block", "headings", _find_headings)
    return parser


_full: Final = _parser()
_blocks: Final = _parser().disable(["inline", "text_join"])
_placed: Final = _parser(places=True)
