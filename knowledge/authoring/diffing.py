"""What changed between two texts: by lines, and inside a changed line by words.

Pure, and bounded in time whatever the texts are: what is not compared in time counts as changed,
which is coarser but never wrong. Nothing here is HTML; templates escape what it returns.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from diff_match_patch import diff_match_patch

LINES_SECONDS: Final = 0.5
WORDS_SECONDS: Final = 0.5
CONTEXT: Final = 3
MAX_ROWS: Final = 2_000
MAX_WORDED_CHARS: Final = 2_000
"""Lines longer than that change as a whole."""

_LOOK_AHEAD: Final = 8
_ALIKE: Final = 0.5
_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")

Kind = Literal["same", "changed", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line, and whether the other text lacks it."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text; `number` counts from 1."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Two lines that stand beside each other; a side that has none is None."""

    kind: Kind
    old: Line | None
    new: Line | None


@dataclass(frozen=True, slots=True)
class Fold:
    """Unchanged lines that are not shown."""

    lines: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows to show; `cut` says that there are more than MAX_ROWS."""

    rows: tuple[Row | Fold, ...]
    cut: bool

    @property
    def differs(self) -> bool:
        return any(isinstance(row, Row) and row.kind != "same" for row in self.rows)


def compare(old: str, new: str) -> Comparison:
    """The lines of both texts beside each other, long stretches without a change folded."""
    rows = tuple(islice(_rows(old.split("\n"), new.split("\n")), MAX_ROWS + 1))
    return Comparison(rows[:MAX_ROWS], cut=len(rows) > MAX_ROWS)


def compare_lines(old: str, new: str) -> Row:
    """One line that became another, such as a title."""
    return _pair((1, old), (1, new), time.time() + WORDS_SECONDS)


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row | Fold]:
    blocks = _blocks(old, new, time.time() + LINES_SECONDS)
    words_until = time.time() + WORDS_SECONDS
    left = right = 0
    for number, (same, removed, added) in enumerate(blocks):
        if same:
            is_last = number == len(blocks) - 1
            yield from _unchanged(old, left, right, same, first=not number, last=is_last)
        else:
            lines = old[left : left + removed], new[right : right + added]
            yield from _changed(*lines, left + 1, right + 1, words_until)
        left, right = left + same + removed, right + same + added


def _blocks(old: Sequence[str], new: Sequence[str], deadline: float) -> list[tuple[int, int, int]]:
    """Stretches of tokens as (unchanged, removed, added); the first alone, or the other two."""
    blocks: list[tuple[int, int, int]] = []
    for operation, tokens in _differences(old, new, deadline):
        size = len(tokens)
        if operation == diff_match_patch.DIFF_EQUAL:
            blocks.append((size, 0, 0))
            continue
        if not blocks or blocks[-1][0]:
            blocks.append((0, 0, 0))
        _, removed, added = blocks[-1]
        is_new = operation == diff_match_patch.DIFF_INSERT
        blocks[-1] = (0, removed + size * (not is_new), added + size * is_new)
    return blocks


def _differences(old: Sequence[str], new: Sequence[str], deadline: float) -> list[tuple[int, str]]:
    """As diff-match-patch has them, with one character for each token.

    Its own time-out is off, because that turns on a short cut which takes quadratic time on
    repeated lines; the deadline is its own, too.
    """
    characters: dict[str, str] = {}
    texts = [
        "".join(characters.setdefault(token, chr(len(characters) + 1)) for token in tokens)
        for tokens in (old, new)
    ]
    differ = diff_match_patch()
    differ.Diff_Timeout = 0
    differences: list[tuple[int, str]] = differ.diff_main(*texts, False, deadline)
    return differences


def _unchanged(
    lines: Sequence[str], left: int, right: int, count: int, *, first: bool, last: bool
) -> Iterator[Row | Fold]:
    """The lines next to a change, and how many there are between them."""
    before, after = (0 if first else CONTEXT), (0 if last else CONTEXT)
    hidden = count - before - after
    for n in range(count):
        if hidden > 1 and before <= n < count - after:
            if n == before:
                yield Fold(hidden)
            continue
        pieces = (Piece(lines[left + n]),)
        yield Row("same", Line(left + n + 1, pieces), Line(right + n + 1, pieces))


def _changed(
    removed: Sequence[str], added: Sequence[str], left: int, right: int, deadline: float
) -> Iterator[Row]:
    """A line that is much like one of the next that replaced it stands beside that one."""
    there = 0
    for here, line in enumerate(removed):
        found = _alike(line, added[there : there + _LOOK_AHEAD], deadline)
        if found is None:
            yield Row("removed", _whole(left + here, line), None)
            continue
        for skipped in range(there, there + found):
            yield Row("added", None, _whole(right + skipped, added[skipped]))
        there += found
        yield _pair((left + here, line), (right + there, added[there]), deadline)
        there += 1
    for rest in range(there, len(added)):
        yield Row("added", None, _whole(right + rest, added[rest]))


def _alike(line: str, others: Sequence[str], deadline: float) -> int | None:
    """The position of the first of the others that shares at least half of the words."""
    if len(line) > MAX_WORDED_CHARS or time.time() > deadline:
        return None
    words = set(line.split())
    for position, other in enumerate(others):
        theirs = set(other[: MAX_WORDED_CHARS + 1].split())
        shared = 2 * len(words & theirs)
        if len(other) <= MAX_WORDED_CHARS and shared > _ALIKE * (len(words) + len(theirs)):
            return position
    return None


def _pair(old: tuple[int, str], new: tuple[int, str], deadline: float) -> Row:
    """Two numbered lines as one row."""
    ours, theirs = _compared(_words(old[1]), _words(new[1]), deadline)
    kind: Kind = "same" if old[1] == new[1] else "changed"
    return Row(kind, Line(old[0], ours), Line(new[0], theirs))


def _compared(
    old: Sequence[str], new: Sequence[str], deadline: float
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both lines of words, each with what the other lacks marked."""
    ours: list[Piece] = []
    theirs: list[Piece] = []
    left = right = 0
    blocks = _blocks(old, new, deadline)
    for number, (same, removed, added) in enumerate(blocks):
        between = 0 < number < len(blocks) - 1
        changed = not same or (between and "".join(old[left : left + same]).isspace())
        _extend(ours, old[left : left + same + removed], changed=changed)
        _extend(theirs, new[right : right + same + added], changed=changed)
        left, right = left + same + removed, right + same + added
    return tuple(ours), tuple(theirs)


def _extend(pieces: list[Piece], words: Sequence[str], *, changed: bool) -> None:
    text = "".join(words)
    if pieces and pieces[-1].changed == changed:
        pieces[-1] = Piece(pieces[-1].text + text, changed)
    elif text:
        pieces.append(Piece(text, changed))


def _whole(number: int, line: str) -> Line:
    return Line(number, (Piece(line),))


def _words(line: str) -> list[str]:
    return _WORD.findall(line)
