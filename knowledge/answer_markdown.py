"""How an answer's Markdown is read: CommonMark whose only links are citations, placed in its text.

A citation is `[n]` where n is the number of a passage that the model was given, `[n, m]`, or a
link whose text is such a number: its address is nobody's. Everything that asks what an answer
cites walks these tokens, so the page, the events and the check are of one mind (SECURITY X5).
What they look like is `answer_html`.
"""

import re
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

from knowledge.markdown import encodable, line_starts
from knowledge.placing import Block, environment, place_tokens, placed

MAX_CHARS: Final = 20_000
"""An answer is shown up to here, about 5,000 tokens: it is rendered again for every few of them."""
NARROW_SPACE: Final = "\u202f"

_NUMBER: Final = "[1-9][0-9]{0,2}"
_CITATION: Final = re.compile(rf"\[ *({_NUMBER}(?: *[,;] *{_NUMBER}){{0,20}}) *\]")


def parse_answer(text: str, *, citations: frozenset[int]) -> list[Token]:
    """The tokens of a partial or whole answer; `citation` tokens hold a number of `citations`."""
    text = encodable(text[:MAX_CHARS])
    env = {**environment(text, line_starts(text)), "citations": citations}
    return parser.parse(text, env)


def answer_blocks(text: str, *, citations: frozenset[int]) -> list[Block]:
    """The answer's blocks of text with their places; a citation's piece says its number."""
    text = encodable(text[:MAX_CHARS])
    return placed(parse_answer(text, citations=citations), text, line_starts(text))


def _cite(state: StateInline, silent: bool) -> bool:
    """Inline rule: a bracket with at least one known number."""
    match = _CITATION.match(state.src, state.pos, state.posMax)
    numbers = re.findall(_NUMBER, match[1]) if match else []
    if not match or not any(_is_known(number, state.env) for number in numbers):
        return False
    if not silent:
        if state.pending.endswith(" "):  # a note's number keeps to the word that it is on
            state.pending = state.pending.rstrip(" ") + NARROW_SPACE
        for number in numbers:
            known = _is_known(number, state.env)
            token = state.push("citation" if known else "text", "", 0)
            token.content = number if known else f"[{number}]"
            token.meta["end"] = match.end()
    state.pos = match.end()
    return True


def _cite_by_link(state: StateCore) -> None:
    """Core rule: `[1](…)` cites a passage."""
    for inline in state.tokens:
        children = inline.children or []
        for opening, token in pairwise(children):
            if opening.type == "link_open" and _is_known(token.content, state.env):
                token.type = "citation" if token.type == "text" else token.type


def _is_known(number: str, env: EnvType) -> bool:
    return re.fullmatch(_NUMBER, number) is not None and int(number) in env["citations"]


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Any link is one, for none is kept: `[text](javascript:…)` is shown as its text."""
        return True


def _build_parser() -> MarkdownIt:
    parser = place_tokens(_Parser("commonmark", {"html": False}), "commonmark")
    parser.enable(["table", "strikethrough"])
    # A definition would hide what it defines; a setext heading flickers while a list begins.
    parser.disable(["reference", "lheading"])
    parser.inline.ruler.after("link", "citation", _cite)
    parser.core.ruler.before("places", "cite_by_link", _cite_by_link)
    return parser


parser: Final = _build_parser()
