"""A passage as it stands on a source card: readable text, the words of the question marked.

Lines of text with inline `<code>` and `<mark>` only, so that it fits in a paragraph (shown with
`white-space: pre-line`). Nothing links, and the length is the style sheet's business.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from py_rust_stemmers import SnowballStemmer

from knowledge.function_words import FUNCTION_WORDS
from knowledge.markdown import parse
from knowledge.sanitizing import clean_excerpt

_WORD: Final = re.compile(r"\w+")
_FENCE: Final = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[ \t]*(\S?)", re.MULTILINE)
_stemmer: Final = SnowballStemmer("english")

Mark = Callable[[str], str]


def excerpt_html(text: str, *, terms: Collection[str]) -> str:
    """Safe HTML of a passage's Markdown, each word that a term of the question names in `<mark>`.

    Words count as the same when their English stems are equal; common words are never marked.
    """
    stems = frozenset(
        _stem(word)
        for term in terms
        for word in _WORD.findall(term)
        if word.casefold() not in FUNCTION_WORDS
    )

    def mark(plain: str) -> str:
        return _marked(plain, stems)

    return clean_excerpt("".join(_lines(parse(_reopened(text)), mark))).strip()


def _marked(plain: str, stems: frozenset[str]) -> str:
    if not stems:
        return escapeHtml(plain)
    pieces = re.split(r"(\w+)", plain)
    return "".join(
        f"<mark>{escapeHtml(piece)}</mark>"
        if at % 2 and _stem(piece) in stems
        else escapeHtml(piece)
        for at, piece in enumerate(pieces)
    )


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    return str(_stemmer.stem_word(word.casefold()))


def _reopened(text: str) -> str:
    """`text` with the fence open again whose end it holds: long code is cut between passages."""
    marks = _FENCE.findall(text)
    return f"```\n{text}" if len(marks) % 2 and not marks[0] else text


def _lines(tokens: Sequence[Token], mark: Mark) -> Iterator[str]:
    """One line for each paragraph, item, row or code block, each with the breaks before it."""
    lead = ""
    row: list[str] | None = None
    lists = 0
    for token in tokens:
        gap = "\n" if lead or lists else "\n\n"
        match token.type:
            case (
                "bullet_list_open"
                | "ordered_list_open"
                | "bullet_list_close"
                | "ordered_list_close"
            ):
                lists += token.nesting
            case "list_item_open":
                lead = f"{token.info}. " if token.info else "• "
            case "table_open":
                yield "\n"
            case "tr_open":
                row = []
            case "tr_close":
                yield "\n" + " · ".join(row or [])
                row = None
            case "fence" | "code_block":
                yield f"{gap}{lead}<code>{mark(token.content.rstrip())}</code>"
                lead = ""
            case "inline" if row is not None:
                row.append("".join(_inline(token.children or [], mark)))
            case "inline":
                yield gap + lead + "".join(_inline(token.children or [], mark))
                lead = ""


def _inline(tokens: Sequence[Token], mark: Mark) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "softbreak":
                yield " "
            case "hardbreak":
                yield "\n"
            case "code_inline":
                yield f"<code>{mark(token.content)}</code>"
            case "image":
                yield from _inline(token.children or [], mark)
            case _:
                yield mark(token.content)
