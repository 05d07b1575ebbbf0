"""Bringing together what two people made of one text, so that nothing of either is lost.

What only one of them changed is taken. Where both changed the same lines, both stay in the text
between marks, to choose from. Pure, and as slow as the texts are hostile: `rendering` runs
`merge` in a process that it can end. What is done with a conflict is `views/conflicts`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from merge3 import Merge3

Choice = Literal["mine", "theirs", "both"]

_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_OPENS: Final = re.compile(r"<<<<<<< (\d{1,5}): yours\n")


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines that both changed: what each made of them. Numbers are unique within a text."""

    number: int
    mine: str
    theirs: str


def merge(base: str, mine: str, theirs: str) -> str:
    """The two texts as one, with marks around what both changed."""
    merged = "".join(_merged(*map(_lines, (base, mine, theirs))))
    decides = theirs if mine == base else mine
    return merged if decides.endswith("\n") else merged.removesuffix("\n")


def beside(mine: str, theirs: str) -> str:
    """The two whole texts between marks: for want of a text that both began with, or of time."""
    if mine == theirs:
        return mine
    return _marked(Clash(1, _ended(mine), _ended(theirs)))


def clashes(text: str) -> list[Clash]:
    """What is still to be chosen in `text`, in order."""
    return [piece for piece in _pieces(text) if isinstance(piece, Clash)]


def choose(text: str, number: int, choice: Choice) -> str:
    """`text` with the choice in the place of that clash."""
    return "".join(
        _chosen(piece, choice)
        if isinstance(piece, Clash) and piece.number == number
        else (_marked(piece) if isinstance(piece, Clash) else piece)
        for piece in _pieces(text)
    )


def _chosen(clash: Clash, choice: Choice) -> str:
    if choice == "both":
        return clash.mine + clash.theirs
    return clash.mine if choice == "mine" else clash.theirs


def _merged(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[str]:
    # marks of an earlier conflict may still stand in the text
    number = max((int(found[1]) for line in mine if (found := _OPENS.fullmatch(line))), default=0)
    for group in Merge3(base, mine, theirs).merge_groups():
        if group[0] == "conflict":
            number += 1
            yield _marked(Clash(number, "".join(group[2]), "".join(group[3])))
        else:
            yield from group[1]


def _lines(text: str) -> list[str]:
    """Lines with their ends; the last one gets one, so that text after it is no change to it."""
    return _LINES.findall(_ended(text))


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def _marked(clash: Clash) -> str:
    n = clash.number
    return f"<<<<<<< {n}: yours\n{clash.mine}======= {n}\n{clash.theirs}>>>>>>> {n}: theirs\n"


def _pieces(text: str) -> Iterator[str | Clash]:
    """The text in order, line by line, a clash where its three marks stand one after the other."""
    lines = _LINES.findall(text)
    places = {line.rstrip("\n"): at for at, line in reversed(list(enumerate(lines)))}
    at = 0
    while at < len(lines):
        if (opens := _OPENS.fullmatch(lines[at])) and (ends := _marks(places, opens[1], at)):
            middle, last = ends
            mine, theirs = lines[at + 1 : middle], lines[middle + 1 : last]
            yield Clash(int(opens[1]), "".join(mine), "".join(theirs))
            at = last + 1
        else:
            yield lines[at]
            at += 1


def _marks(places: dict[str, int], number: str, start: int) -> tuple[int, int] | None:
    """The lines of the second and the third mark after the first at `start`."""
    middle, last = places.get(f"======= {number}", -1), places.get(f">>>>>>> {number}: theirs", -1)
    return (middle, last) if start < middle < last else None
