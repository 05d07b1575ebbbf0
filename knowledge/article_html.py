"""Markdown to the HTML of an article page. Pure, without Django: `rendering` runs it elsewhere.

Headings get their ids here and a link to themselves, code gets colour and its file's name, wide
tables a box to scroll in. What may link where is `links`; what may pass at all is `sanitizing`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from markdown_it.common.utils import escapeHtml, unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from knowledge.highlighting import COLOURED_CHARS, code_html
from knowledge.links import Page, Reference, references, resolve
from knowledge.markdown import Heading, headings, parse, same_text
from knowledge.sanitizing import clean_article, clean_preview

_LANGUAGE: Final = re.compile(r"[\w.+#-]{1,40}(?!\S)")
_CAPTION: Final = re.compile(r"\b(?:filename|title|package)=\"([^\"]{1,200})\"")
_STYLE_TO_CLASS: Final = re.compile(r"text-align:(left|center|right)")


def article_html(
    source: str, *, title: str, source_path: str = "", base: str = ""
) -> tuple[str, list[Heading], list[Reference]]:
    """Safe HTML of `source`, its headings, and what of this site it refers to.

    `source_path` is the file it was imported from. A first heading of level 1 that repeats `title`
    is neither shown nor listed, since the page shows the title; its id stays, so links to it land.

    With the path of the article's page as `base` it is a preview's: links and pictures work at
    any address, and each block says which line of the source it starts on.
    """
    tokens = parse(source)
    found = headings(tokens)
    page = Page(frozenset(heading.anchor for heading in found), source_path, base)
    resolve(tokens, page)
    referred = references(tokens, page)
    if base:
        _note_lines(tokens)
    if found and found[0].level == 1 and same_text(found[0].text, title):
        _keep_only_the_id(tokens, found.pop(0))
    clean = clean_preview if base else clean_article
    return clean(_renderer.render(tokens, _OPTIONS, {})), found, referred


def _note_lines(tokens: Sequence[Token]) -> None:
    """Mark the blocks for a preview that scrolls with the text; lines count from 0."""
    for token in tokens:
        if token.map and token.tag and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0]))


def _keep_only_the_id(tokens: list[Token], heading: Heading) -> None:
    at = next(i for i, token in enumerate(tokens) if token.meta.get("heading") is heading)
    tokens[at : at + 3] = [Token("bare_anchor", "", 0, meta={"heading": heading})]


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escapeHtml(value)}"' if value else ""


class _Renderer(RendererHTML):
    """markdown-it's renderer with our headings, code and tables. The names are its rules'."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        if heading := tokens[idx].meta.get("heading"):
            tokens[idx].attrSet("id", heading.anchor)
        return self.renderToken(tokens, idx, options, env)

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        closing = self.renderToken(tokens, idx, options, env)
        heading = tokens[idx - 2].meta.get("heading")
        return _link_to(heading) + closing if heading else closing

    def bare_anchor(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"<span{_attribute('id', tokens[idx].meta['heading'].anchor)}></span>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        info = unescapeAll(tokens[idx].info).strip()
        language = match[0] if (match := _LANGUAGE.match(info)) else ""
        env["coloured"] = env.get("coloured", 0) + len(tokens[idx].content)
        html = _code(tokens[idx].content, language, coloured=env["coloured"] <= COLOURED_CHARS)
        if caption := _CAPTION.search(info):
            return _figure(html, caption[1])
        return html

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return _code(tokens[idx].content, "", coloured=False)

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="table-scroll" role="region" aria-label="Table" tabindex="0"><table>\n'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[idx])

    td_open = th_open


def _link_to(heading: Heading) -> str:
    label = _attribute("aria-label", f"Link to {heading.text}" if heading.text else "Link to here")
    return f' <a class="anchor" href="#{quote(heading.anchor)}"{label}>#</a>'


def _code(code: str, language: str, *, coloured: bool) -> str:
    name = _attribute("class", language and f"language-{language}")
    html = code_html(code, language=language if coloured else "")
    return f'<pre tabindex="0"><code{name}>{html}</code></pre>\n'


def _figure(code: str, caption: str) -> str:
    return f'<figure class="code"><figcaption>{escapeHtml(caption)}</figcaption>{code}</figure>\n'


def _cell(token: Token) -> str:
    align = _STYLE_TO_CLASS.fullmatch(str(token.attrs.get("style", "")))
    return f"<{token.tag}{_attribute('class', f'align-{align[1]}' if align else '')}>"


_renderer: Final = _Renderer()
_OPTIONS: Final[Any] = OptionsDict(
    {
        "maxNesting": 20,
        "html": False,
        "linkify": False,
        "typographer": False,
        "quotes": "",
        "xhtmlOut": False,
        "breaks": False,
        "langPrefix": "language-",
        "highlight": None,
    }
)
