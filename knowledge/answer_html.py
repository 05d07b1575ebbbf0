"""What a model wrote, to safe HTML: whole, or cut anywhere while it streams.

Nothing a model writes becomes an address. Its only links are its citations, and those are built
here: `[n]` where n is the number of a passage it was given. Any other link is its text, a picture
its description, HTML the characters it is written with (SECURITY X2, X4, X5).
"""

import re
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from knowledge.markdown import encodable, inline_text
from knowledge.sanitizing import clean_answer

MAX_CHARS: Final = 20_000
"""An answer is shown up to here, about 5,000 tokens: it is rendered again for every few of them."""

_NUMBER: Final = "[1-9][0-9]{0,2}"
_CITATION: Final = re.compile(rf"\[ *({_NUMBER}(?: *[,;] *{_NUMBER}){{0,20}}) *\]")
_NARROW_SPACE: Final = "\u202f"


def render_answer(text: str, *, citations: frozenset[int]) -> str:
    """Safe HTML of a partial or whole answer.

    `[n]`, `[n, m]` and `[n][m]` become links to `#source-n` for the numbers in `citations`, and
    stay text for any other; in code they are code.
    """
    env = {"citations": citations}
    return clean_answer(_parser.render(encodable(text[:MAX_CHARS]), env))


def _cite(state: StateInline, silent: bool) -> bool:
    """Inline rule: a bracket with at least one known number."""
    match = _CITATION.match(state.src, state.pos, state.posMax)
    numbers = re.findall(_NUMBER, match[1]) if match else []
    if not match or not any(_is_known(number, state.env) for number in numbers):
        return False
    if not silent:
        if state.pending.endswith(" "):  # a note's number keeps to the word that it is on
            state.pending = state.pending.rstrip(" ") + _NARROW_SPACE
        for number in numbers:
            known = _is_known(number, state.env)
            token = state.push("citation" if known else "text", "", 0)
            token.content = number if known else f"[{number}]"
    state.pos = match.end()
    return True


def _is_known(number: str, env: EnvType) -> bool:
    return re.fullmatch(_NUMBER, number) is not None and int(number) in env["citations"]


def _link(number: str) -> str:
    return f'<a class="citation" href="#source-{number}" data-source="{number}">{number}</a>'


class _Renderer(RendererHTML):
    """markdown-it's renderer without addresses. The names are its rules'."""

    def citation(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        apart = _NARROW_SPACE if idx and tokens[idx - 1].type == "citation" else ""
        return apart + _link(tokens[idx].content)

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return ""

    link_close = link_open

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        content = tokens[idx].content
        if idx and tokens[idx - 1].type == "link_open" and _is_known(content, env):
            return _link(content)  # `[1](…)` cites a passage; its address is nobody's
        return escapeHtml(content)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escapeHtml(inline_text(tokens[idx].children or []))

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        level = min(int(tokens[idx].tag[1]) + 2, 6)  # below the page's own h1 and h2
        return f"<{'/' if tokens[idx].nesting < 0 else ''}h{level}>"

    heading_close = heading_open


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Any link is one, for none is kept: `[text](javascript:…)` is shown as its text."""
        return True


def _build_parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    # A definition would hide what it defines; a setext heading flickers while a list begins.
    parser.disable(["reference", "lheading"])
    parser.inline.ruler.after("link", "citation", _cite)
    return parser


_parser: Final = _build_parser()
