"""Where the words of parsed Markdown stand in its source: exact characters, for spans and marks.

markdown-it tells the lines of a block and nothing of what is inside. Here an inline parser notes
where each token begins, and a core rule turns that into characters of the source, which may hold
CRLF, indentation and the `>` of quotations that the parser takes away. Tokens that cannot be
placed stay without a place; nothing is guessed. What the places are for is `answers.statements`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

Kind = Literal["paragraph", "heading", "row", "code"]
Span: TypeAlias = tuple[int, int]
_CODE: Final = ("fence", "code_block")
_BREAKS: Final = ("softbreak", "hardbreak")
_LEAVES: Final = ("text", "text_special", "code_inline", "image", "citation", *_BREAKS)
_CELLS: Final = ("td_open", "th_open")
_ROW_GAP: Final = " "
_SLACK: Final = 8
"""A link has passed its bracket, and a line break the spaces before it, when text is pushed."""
CITATION: Final = "\ufffc"
"""A citation as a character of visible text: Unicode's own mark for an object in a text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One run of text and where it stands in the source; a citation's text is its number."""

    type: str
    text: str
    start: int
    end: int

    @property
    def seen(self) -> str:
        """What a reader sees; a citation is one character, whatever its number."""
        if self.type == "citation":
            return CITATION
        return " " if self.type in _BREAKS else self.text


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, heading, table row or block of code: its visible text, placed."""

    kind: Kind
    pieces: tuple[Piece, ...]
    start: int
    end: int


class PlacedInline(ParserInline):
    """An inline parser whose tokens know where in the inline text they begin (`meta["at"]`)."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _Placed(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _Placed(StateInline):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        token.meta["at"] = self.pos
        return token

    def pushPending(self) -> Token:  # noqa: N802
        """Text ends where the rule after it was called: a few characters before where it is now."""
        token = super().pushPending()
        latest = max(0, self.pos - len(token.content))
        at = self.src.rfind(token.content, max(0, latest - _SLACK), self.pos)
        token.meta["at"] = at if at >= 0 else latest
        return token


def place_tokens(parser: MarkdownIt, preset: str) -> MarkdownIt:
    """Let `parser`, made from `preset`, note each inline token's `meta["span"]`.

    The source is handed over as `environment` makes it. Neighbouring texts stay apart, because
    their places do.
    """
    parser.inline = PlacedInline()
    parser.configure(preset, {"html": False})
    parser.inline.ruler2.disable("fragments_join")
    parser.core.ruler.disable("text_join", ignoreInvalid=True)
    parser.core.ruler.push("places", _place)
    return parser


def environment(source: str, starts: Sequence[int]) -> EnvType:
    """What a placing parser has to be given; `starts` is `markdown.line_starts(source)`."""
    return {"source": source.replace("\0", "\ufffd"), "starts": starts}


def placed(tokens: Sequence[Token], source: str, starts: Sequence[int]) -> list[Block]:
    """The blocks that hold text, in order. `starts` is `markdown.line_starts(source)`."""
    return [block for block in _blocks(tokens, source, starts) if block.pieces]


def leaves(inline: Token) -> Iterator[Token]:
    """The children of an inline token that show something and have a place."""
    return (child for child in inline.children or () if "span" in child.meta)


def _blocks(tokens: Sequence[Token], source: str, starts: Sequence[int]) -> Iterator[Block]:
    row: list[Piece] | None = None
    kind: Kind = "paragraph"
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield _block("row", row or [], (0, 0))
            row = None
        elif token.type in ("paragraph_open", "heading_open"):
            kind = "heading" if token.type == "heading_open" else "paragraph"
        elif token.type == "inline" and row is not None:
            row += _cell(row, token)
        elif token.type == "inline":
            yield _block(kind, list(_pieces(token)), token.meta.get("span", (0, 0)))
        elif token.type in _CODE and token.map:
            yield from map(_code_line, code_lines(token, source, starts))


def _block(kind: Kind, pieces: Sequence[Piece], span: Span) -> Block:
    if pieces and not any(span):
        span = pieces[0].start, pieces[-1].end
    return Block(kind, tuple(pieces), *span)


def _cell(row: Sequence[Piece], token: Token) -> Iterator[Piece]:
    pieces = list(_pieces(token))
    if row and pieces:
        yield Piece("text", _ROW_GAP, row[-1].end, row[-1].end)
    yield from pieces


def _pieces(inline: Token) -> Iterator[Piece]:
    for leaf in leaves(inline):
        yield Piece(leaf.type, leaf.content, *leaf.meta["span"])


def _code_line(line: Piece) -> Block:
    return _block("code", [line], (line.start, line.end))


def code_lines(token: Token, source: str, starts: Sequence[int]) -> Iterator[Piece]:
    """Each line of a block of code that holds something, without the lines of its fence."""
    first, last = token.map or (0, 0)
    fenced = token.type == "fence"
    for line in range(first + fenced, last):
        text = source[starts[line] : starts[line + 1]].strip()
        if text and not (fenced and line == last - 1 and text.startswith(token.markup)):
            at = source.index(text, starts[line])
            yield Piece("code_inline", text, at, at + len(text))


def _place(state: StateCore) -> None:
    """Core rule: `meta["span"]` of every leaf, in characters of `env["source"]`."""
    source, starts = state.env["source"], state.env["starts"]
    row, cursor = -1, 0
    for opening, token in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type != "inline" or not token.map:
            continue
        is_cell = opening.type in _CELLS
        if is_cell and token.map[0] != row:
            row, cursor = token.map[0], 0
        if lines := _lines(token, source, starts, cursor if is_cell else None):
            cursor = lines[-1][1] + len(token.content)
            _place_children(token, lines)


def _lines(inline: Token, source: str, starts: Sequence[int], cell_from: int | None) -> list[Span]:
    """Where each line of the inline text starts: there, and in the source. None if one does not.

    A line is the end of its line of the source; a cell comes after the cell before it.
    """
    found: list[Span] = []
    at = 0
    for number, line in enumerate(inline.content.split("\n"), (inline.map or [0])[0]):
        text, lead = line.strip(), len(line) - len(line.lstrip())
        low, high = starts[number], starts[number + 1]
        if cell_from is None:
            where = source.rfind(text, low, high)
        else:
            where = source.find(text, max(low, cell_from), high)
        if where < 0:
            return []
        found.append((at + lead, where))
        at += len(line) + 1
    return found


def _place_children(inline: Token, lines: Sequence[Span]) -> None:
    offsets = [offset for offset, _ in lines]
    inline.meta["span"] = lines[0][1], _to_source(lines, offsets, len(inline.content))
    children = inline.children or []
    following = later = len(inline.content)
    for child in reversed(children):
        at = child.meta.get("at", following)
        if at < following:
            following, later = at, following
        if child.type in _LEAVES:
            end = at + len(child.content) if _is_verbatim(child, inline.content) else later
            end = child.meta.get("end", end)
            child.meta["span"] = (_to_source(lines, offsets, at), _to_source(lines, offsets, end))


def _is_verbatim(child: Token, content: str) -> bool:
    return child.type == "text" and content.startswith(child.content, child.meta.get("at", 0))


def _to_source(lines: Sequence[Span], offsets: Sequence[int], at: int) -> int:
    offset, source = lines[max(0, bisect_right(offsets, at) - 1)]
    return source + max(0, at - offset)
