"""The whole sentences of a Markdown passage, each as Markdown that stands on its own. Pure.

Prose only: code blocks, tables and headings have no sentences; but a single line of code that a
sentence announces with a colon becomes its end. Inline code is kept; emphasis, links and page
markup are reduced to their words, and the rest is escaped, so a sentence taken out of its passage
means what it meant there and cites nothing by itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markdown_it.token import Token

from knowledge.markdown import parse
from knowledge.placing import CITATION

_END: Final = re.compile(
    # a full stop before a capital or a citation, which belongs to it with the stop after it, as a
    # quotation has one; or one of a script that has no capitals or spaces
    r"""(?:[.!?\u2026]["'\u201d\u2019\u00bb)\]]*(?:(?:\s*"""
    + CITATION
    + r""")+(?:[.!?\u2026]+["'\u201d\u2019\u00bb)\]]*)?(?=\s|\Z)|(?=\s+[^\sa-z]))"""
    + r"""|[\u3002\uff01\uff1f\u0964\u061f](?:\s*"""
    + CITATION
    + r""")*)\s*"""
)
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(])(?:(?i:e\.g|i\.e|p\. ?ej|vs|cf|approx|aprox|incl|n[o\u00ba]|fig"
    r"|p[a\u00e1]gs?|dr|sra?|mrs?|ms|st)|[A-Z])\.\s*\Z"
)
_ABBREVIATED_CHARS: Final = 12
_SPECIAL: Final = re.compile(
    r"([\\*\[\]<]|(?<!\w)_|_(?!\w)|~(?=~)|&(?=#?\w+;)|^[#>+-](?=\s|#)|(?<=^\d)[.)](?=\s))"
)
ANNOUNCED_CHARS: Final = 150
COLONS: Final = (":", "\uff1a")
_CODE: Final = ("fence", "code_block")
_HARD_SPACE: Final = "\x00"
_WORD: Final = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `text` is Markdown, `plain` is what a reader reads, `block` its paragraph.

    `introduces` says that it announces what follows it (it ends with a colon), so it says
    little alone.
    """

    text: str
    plain: str
    block: int

    @property
    def introduces(self) -> bool:
        return self.plain.endswith(COLONS)


def sentences(markdown: str) -> list[Sentence]:
    """The sentences of the passage's paragraphs and list items, in order."""
    prose = enumerate(_prose(parse(markdown)))
    return [sentence for block, text in prose for sentence in _split(text, block)]


def _prose(tokens: Sequence[Token]) -> Iterator[str]:
    """The marked text of each paragraph; an item of a list holds a paragraph too."""
    for position, token in enumerate(tokens):
        if token.type == "paragraph_open":
            marked = "".join(_marked(child) for child in tokens[position + 1].children or ())
            yield " ".join(marked.split()) + _announced(marked, tokens[position + 3 :])


def _announced(marked: str, following: Sequence[Token]) -> str:
    """The code after `marked`, if that announces it and it is one line."""
    if not (marked.rstrip().endswith(COLONS) and following and following[0].type in _CODE):
        return ""
    code = following[0].content.strip()
    one_line = 0 < len(code) <= ANNOUNCED_CHARS and len(code.splitlines()) == 1
    return f" {_as_code(code)}" if one_line else ""


def _split(text: str, block: int) -> Iterator[Sentence]:
    for part in _parts(text):
        if _WORD.search(part):
            yield Sentence(text=_as_markdown(part), plain=_as_plain(part), block=block)


def _marked(token: Token) -> str:
    """Text as it is, and code in backticks with its spaces hidden, so that nothing cuts it."""
    if token.type == "code_inline":
        return _as_code(token.content)
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content.replace("`", "'") if token.type == "text" else ""


def _as_code(code: str) -> str:
    return f"`{code.replace(' ', _HARD_SPACE).replace('`', chr(39))}`"


def sentence_ends(text: str) -> Iterator[int]:
    """Where each sentence of one paragraph ends, the spaces after it included, but the last.

    Code must hide its full stops and spaces. `CITATION`s after a full stop belong before it.
    """
    start = 0
    for end in _END.finditer(text):
        if not _ABBREVIATION.search(text, max(start, end.start() - _ABBREVIATED_CHARS), end.end()):
            yield end.end()
            start = end.end()


def _parts(text: str) -> Iterator[str]:
    for start, end in pairwise([0, *sentence_ends(text), len(text)]):
        yield text[start:end].strip()


def _as_markdown(part: str) -> str:
    pieces = part.split("`")
    escaped = (
        f"`{piece}`" if index % 2 else _SPECIAL.sub(r"\\\1", piece)
        for index, piece in enumerate(pieces)
    )
    return "".join(escaped).replace(_HARD_SPACE, " ")


def _as_plain(part: str) -> str:
    return part.replace("`", "").replace(_HARD_SPACE, " ")
