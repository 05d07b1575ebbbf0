"""A passage as it stands on a source card: readable text, the words of the question marked.

Lines of text with inline `<code>` and `<mark>` only, so that it fits in a paragraph (shown with
`white-space: pre-line`). Nothing links, and the length is the style sheet's business. Once the
answer was checked, the sentences that bear it out are marked as well, whole.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from py_rust_stemmers import SnowballStemmer

from knowledge.function_words import FUNCTION_WORDS
from knowledge.markdown import line_starts, parse_placed
from knowledge.placing import code_lines
from knowledge.sanitizing import clean_excerpt

_WORD: Final = re.compile(r"\w+")
_FENCE: Final = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[ \t]*(\S?)", re.MULTILINE)
_stemmer: Final = SnowballStemmer("english")

Mark = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Backed:
    """Characters of a passage that bear out the answer's claims of these numbers."""

    start: int
    end: int
    claims: tuple[int, ...]


def excerpt_html(text: str, *, terms: Collection[str], backed: Sequence[Backed] = ()) -> str:
    """Safe HTML of a passage's Markdown, each word that a term of the question names in `<mark>`.

    Words count as the same when their English stems are equal; common words are never marked.
    What is `backed`, in order and apart from each other, is in a `<mark class="support">`.
    """
    stems = frozenset(
        _stem(word)
        for term in terms
        for word in _WORD.findall(term)
        if word.casefold() not in FUNCTION_WORDS
    )

    def mark(plain: str) -> str:
        return _marked(plain, stems)

    reopened = _reopened(text)
    excerpt = _Excerpt(reopened, mark, backed, len(reopened) - len(text))
    return clean_excerpt("".join(excerpt.lines(parse_placed(reopened)))).strip("\n")


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


class _Excerpt:
    """The lines of one passage. `shift` is how far what is backed stands later in `source`."""

    def __init__(self, source: str, mark: Mark, backed: Sequence[Backed], shift: int) -> None:
        self._source = source
        self._starts = line_starts(source)
        self._mark = mark
        self._backed = [Backed(b.start + shift, b.end + shift, b.claims) for b in backed]

    def lines(self, tokens: Sequence[Token]) -> Iterator[str]:
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
                    yield f"{gap}{lead}<code>{self._code(token)}</code>"
                    lead = ""
                case "inline" if row is not None:
                    row.append(self._inline(token.children or []))
                case "inline":
                    yield gap + lead + self._inline(token.children or [])
                    lead = ""

    def _inline(self, tokens: Sequence[Token]) -> str:
        """The tokens' HTML, each run of them that is of one backed sentence in its mark."""
        runs: list[tuple[Backed | None, list[str]]] = [(None, [])]
        for token in tokens:
            for backing, html in self._parts(token):
                if html and backing != runs[-1][0]:  # the tags of emphasis show nothing
                    runs.append((backing, []))
                runs[-1][1].append(html)
        return "".join(_supporting("".join(html), backing) for backing, html in runs)

    def _parts(self, token: Token) -> Iterator[tuple[Backed | None, str]]:
        start, end = token.meta.get("span", (0, 0))
        verbatim = token.type == "text" and end - start == len(token.content)
        inside = (at for b in self._backed for at in (b.start, b.end) if start < at < end)
        cuts = sorted({start, *(inside if verbatim else ()), end})
        if not verbatim or len(cuts) < 2:
            yield self._backing(start, end), self._leaf(token)
            return
        for low, high in pairwise(cuts):
            piece = token.content[low - start : high - start]
            yield self._backing(low, high), self._mark(piece)

    def _leaf(self, token: Token) -> str:
        match token.type:
            case "softbreak":
                return " "
            case "hardbreak":
                return "\n"
            case "code_inline":
                return f"<code>{self._mark(token.content)}</code>"
            case "image":
                return "".join(self._leaf(child) for child in token.children or ())
            case _:
                return self._mark(token.content)

    def _code(self, token: Token) -> str:
        """A block of code; a backed line of it is marked."""
        pieces = code_lines(token, self._source, self._starts)
        html = []
        for line in token.content.rstrip().split("\n"):
            piece = next(pieces, None) if line.strip() else None
            backing = self._backing(piece.start, piece.end) if piece else None
            html.append(_supporting(self._mark(line), backing))
        return "\n".join(html)

    def _backing(self, start: int, end: int) -> Backed | None:
        at = bisect_right(self._backed, start, key=lambda backed: backed.end)
        if start == end or at == len(self._backed) or self._backed[at].start > start:
            return None
        return self._backed[at]


def _supporting(html: str, backing: Backed | None) -> str:
    if backing is None or not html:
        return html
    claims = " ".join(map(str, backing.claims))
    return f'<mark class="support" data-claims="{claims}">{html}</mark>'
