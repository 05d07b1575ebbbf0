"""What a model wrote, to safe HTML: whole, or cut anywhere while it streams.

Nothing a model writes becomes an address. Its only links are its citations, and those are built
here, of what `answer_markdown` took for one. Any other link is its text, a picture its
description, HTML the characters it is written with (SECURITY X2, X4, X5). Of a whole answer that
was checked, each sentence that its sources do not bear out is marked and says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from knowledge.answer_markdown import MAX_CHARS, NARROW_SPACE, parse_answer, parser
from knowledge.answer_marks import Marked, mark
from knowledge.markdown import inline_text
from knowledge.sanitizing import clean_answer

__all__ = ["MAX_CHARS", "render_answer"]


def render_answer(
    text: str, *, citations: frozenset[int], verdicts: Sequence[Mapping[str, Any]] = ()
) -> str:
    """Safe HTML of a partial or whole answer.

    `[n]`, `[n, m]` and `[n][m]` become links to `#source-n` for the numbers in `citations`, and
    stay text for any other; in code they are code. `verdicts` are those of `done`: sentences that
    are not supported are marked.
    """
    tokens = parse_answer(text, citations=citations)
    mark(tokens, [Marked(number, **_span(one)) for number, one in enumerate(verdicts)])
    return clean_answer(_renderer.render(tokens, parser.options, {}))


def _span(verdict: Mapping[str, Any]) -> dict[str, Any]:
    cited = bool(verdict["citations"])
    return {
        "start": verdict["start"],
        "end": verdict["end"],
        "verdict": verdict["verdict"],
        "cited": cited,
    }


def _link(token: Token) -> str:
    number, claim = token.content, token.meta.get("claim")
    of_claim = "" if claim is None else f' data-claim="{claim}"'
    return (
        f'<a class="citation" href="#source-{number}" data-source="{number}"{of_claim}>{number}</a>'
    )


class _Renderer(RendererHTML):
    """markdown-it's renderer without addresses. The names are its rules'."""

    def citation(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        apart = NARROW_SPACE if idx and tokens[idx - 1].type == "citation" else ""
        return apart + _link(tokens[idx])

    def claim_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<span class="claim claim--{tokens[idx].info}">'

    def claim_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</span>"

    def claim_note(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f' <span class="claim__note">({tokens[idx].content})</span>'

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return ""

    link_close = link_open

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escapeHtml(tokens[idx].content)

    text_special = text

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escapeHtml(inline_text(tokens[idx].children or []))

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        level = min(int(tokens[idx].tag[1]) + 2, 6)  # below the page's own h1 and h2
        return f"<{'/' if tokens[idx].nesting < 0 else ''}h{level}>"

    heading_close = heading_open


_renderer: Final = _Renderer()
