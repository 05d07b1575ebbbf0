"""Colour for code: Pygments' short class names around tokens, styled by the page."""

from functools import lru_cache
from typing import Final

from markdown_it.common.utils import escapeHtml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

COLOURED_CHARS: Final = 100_000
"""How much code of one page is coloured: lexers read about 200 KB/s, and rendering has 3 s."""

_formatter: Final = HtmlFormatter(nowrap=True)


def code_html(code: str, *, language: str) -> str:
    """`code` as HTML, coloured where `language` names a known one."""
    lexer = _lexer(language) if language else None
    return highlight(code, lexer, _formatter) if lexer else escapeHtml(code)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        # A lexer drops blank lines at both ends and adds a last line break unless told not to.
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
