"""Marks in an answer's tokens: around what its sources do not bear out, and on its citations.

A sentence may begin or end inside bold text, so each run of its words between two tags is marked
for itself; the note that says why follows the last. Pure; what a verdict is decides `answers`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

NOTES: Final = {
    ("unsupported", True): "not found in its source",
    ("unsupported", False): "no source",
    ("weak", True): "only partly in its source",
    ("weak", False): "only partly in the sources",
}
"""What is said behind a sentence, by its verdict and whether it cites anything."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A checked sentence: its place among the verdicts, its characters, what was found."""

    number: int
    start: int
    end: int
    verdict: str
    cited: bool

    @property
    def note(self) -> str | None:
        return NOTES.get((self.verdict, self.cited))


def mark(tokens: Sequence[Token], claims: Sequence[Marked]) -> None:
    """Mark the claims among the tokens of an answer, in place. `claims` are in order."""
    for inline in tokens:
        if inline.type == "inline" and inline.children:
            cut = [part for child in inline.children for part in _cut(child, claims)]
            inline.children = list(_with_marks(cut, claims))
    _add_notes(tokens, claims)


def _cut(leaf: Token, claims: Sequence[Marked]) -> Iterator[Token]:
    """A token as parts that lie in one claim or in none."""
    if "span" not in leaf.meta:
        yield leaf
        return
    start, end = leaf.meta["span"]
    inside = claims[_first_after(claims, start) : _first_after(claims, end) + 1]
    cuts = sorted({at for claim in inside for at in (claim.start, claim.end) if start < at < end})
    if leaf.type != "text" or end - start != len(leaf.content):
        cuts = []
    for low, high in zip([start, *cuts], [*cuts, end], strict=True):
        part = copy(leaf)
        part.content = leaf.content[low - start : high - start] if cuts else leaf.content
        part.meta = {**leaf.meta, "span": (low, high), "claim": _claim_at(claims, low)}
        yield part


def _first_after(claims: Sequence[Marked], at: int) -> int:
    """The place of the first claim that ends after `at`."""
    return bisect_right(claims, at, key=lambda claim: claim.end)


def _claim_at(claims: Sequence[Marked], at: int) -> int | None:
    claim = next(iter(claims[(first := _first_after(claims, at)) : first + 1]), None)
    return claim.number if claim and claim.start <= at else None


def _with_marks(parts: Sequence[Token], claims: Sequence[Marked]) -> Iterator[Token]:
    """The parts with a mark around each run of them that is of one unsupported claim."""
    opened: int | None = None
    for part in parts:
        number = part.meta.get("claim")
        wanted = number if number is not None and claims[number].note else None
        if opened is not None and wanted != opened:
            yield Token("claim_close", "span", -1)
            opened = None
        if wanted is not None and opened is None:
            yield Token("claim_open", "span", 1, info=claims[wanted].verdict, meta={"of": wanted})
            opened = wanted
        yield part
    if opened is not None:
        yield Token("claim_close", "span", -1)


def _add_notes(tokens: Sequence[Token], claims: Sequence[Marked]) -> None:
    """Behind the last mark of each claim, from the end of the answer on."""
    noted: set[int] = set()
    for inline in reversed(tokens):
        children = inline.children or [] if inline.type == "inline" else []
        closing = len(children)
        for at in range(len(children) - 1, -1, -1):
            if children[at].type == "claim_close":
                closing = at
            elif children[at].type == "claim_open" and children[at].meta["of"] not in noted:
                number = children[at].meta["of"]
                noted.add(number)
                note = Token("claim_note", "", 0, content=claims[number].note or "")
                children.insert(closing + 1, note)
