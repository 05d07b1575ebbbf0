"""Differences of two texts: true, folded, and found in time whatever the texts are."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.authoring.diffing import CONTEXT, MAX_ROWS, Fold, Line, Row, compare, compare_lines

MEGABYTE = 1_000_000
HOSTILE = {
    "two lines by turns": ("a\nb\n" * (MEGABYTE // 4), "b\na\n" * (MEGABYTE // 4)),
    "empty lines": ("\n" * MEGABYTE, "\n" * (MEGABYTE // 2) + "x" + "\n" * (MEGABYTE // 3)),
    "one line": ("a " * (MEGABYTE // 2), "a b " * (MEGABYTE // 4)),
    "no line in common": ("\n".join(map(str, range(150_000))), "\n".join("x" * 150_000)),
    "every second line": (
        "\n".join(map(str, range(150_000))),
        "\n".join(str(n * (n % 2)) for n in range(150_000)),
    ),
    "lines much alike": (("w " * 900 + "\n") * 500, ("w " * 899 + "v\n") * 500),
}


def said(line: Line | None) -> str:
    return "".join(piece.text for piece in line.pieces) if line else ""


def changed(line: Line | None) -> list[str]:
    return [piece.text for piece in line.pieces if piece.changed] if line else []


def test_a_changed_line_stands_beside_the_one_it_became() -> None:
    [row] = compare("The port is 80.", "The port is 8000.").rows
    assert isinstance(row, Row)
    assert (row.kind, changed(row.old), changed(row.new)) == ("changed", ["80"], ["8000"])


def test_a_line_that_was_put_before_it_does_not_push_it_aside() -> None:
    rows = compare("The port is 80.", "Something new.\nThe port is 8000.").rows
    assert [row.kind for row in rows if isinstance(row, Row)] == ["added", "changed"]


def test_lines_with_nothing_in_common_are_two_lines() -> None:
    rows = compare("One thing.", "Quite another matter.").rows
    assert [row.kind for row in rows if isinstance(row, Row)] == ["removed", "added"]


def test_words_that_changed_in_a_row_are_one_change() -> None:
    row = compare_lines("Keep the old words here now.", "Keep some new words here now.")
    assert (changed(row.old), changed(row.new)) == (["the old"], ["some new"])


def test_unchanged_lines_far_from_a_change_are_counted() -> None:
    old = "\n".join(f"line {n}" for n in range(50))
    rows = compare(old, old.replace("line 45\n", "")).rows
    assert rows[0] == Fold(45 - CONTEXT)
    assert isinstance(rows[1], Row)
    assert (rows[1].old and rows[1].old.number) == 45 - CONTEXT + 1


def test_equal_texts_have_no_rows() -> None:
    assert not compare("a\nb\nc\nd", "a\nb\nc\nd").differs


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60))
def test_the_rows_say_both_texts_and_mark_only_what_differs(old: str, new: str) -> None:
    rows = [row for row in compare(old, new).rows if isinstance(row, Row)]
    for side, text in (("old", old), ("new", new)):
        lines = [line for row in rows if (line := getattr(row, side))]
        assert all(said(line) == text.split("\n")[line.number - 1] for line in lines)
        assert [line.number for line in lines] == sorted({line.number for line in lines})
    for row in rows:
        both = row.old is not None and row.new is not None
        assert (row.kind == "same") == (both and said(row.old) == said(row.new))
    assert compare(old, new).differs == (old != new)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_is_compared_in_time(name: str) -> None:
    started = time.monotonic()
    found = compare(*HOSTILE[name])
    assert time.monotonic() - started < 5  # 0.9 s on an idle machine
    assert found.differs
    assert len(found.rows) <= MAX_ROWS
