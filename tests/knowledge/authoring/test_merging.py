"""Two texts that began as one: merged line by line, with nothing of either lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.authoring.bounded import merge_texts
from knowledge.authoring.merging import Clash, beside, choose, clashes, merge
from knowledge.rendering import RenderTimeout

LINES = st.lists(st.text("abc#-` \r\u2028é", max_size=4), max_size=12)
EDITS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 2), st.lists(st.sampled_from("xyz"), max_size=2)),
    max_size=4,
)


def text_of(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def edited(lines: list[str], edits: list[tuple[int, int, list[str]]], who: str) -> list[str]:
    """`lines` with some of them taken out or replaced by lines of this person's own."""
    result = list(lines)
    for number, (at, removed, added) in enumerate(edits):
        result[at : at + removed] = [f"{who} {number} {text}" for text in added]
    return result


def chosen(text: str, choice: str) -> str:
    while found := clashes(text):
        text = choose(text, found[0].number, choice)  # type: ignore[arg-type]
    return text


@given(LINES, EDITS, EDITS)
def test_no_line_that_only_one_side_changed_is_lost(
    base: list[str], one: list[tuple[int, int, list[str]]], other: list[tuple[int, int, list[str]]]
) -> None:
    mine, theirs = edited(base, one, "mine"), edited(base, other, "theirs")
    merged = merge(text_of(base), text_of(mine), text_of(theirs)).split("\n")
    own = [line for line in (*mine, *theirs) if line.startswith(("mine ", "theirs "))]
    assert set(own) <= set(merged)
    both = [line for line in set(base) if line in mine and line in theirs]
    assert set(both) <= set(merged)


@given(LINES, EDITS)
def test_what_one_side_left_alone_is_the_others(
    base: list[str], edits: list[tuple[int, int, list[str]]]
) -> None:
    before, after = text_of(base), text_of(edited(base, edits, "mine"))
    assert merge(before, after, before) == after
    assert merge(before, before, after) == after
    assert merge(before, after, after) == after


@given(LINES, EDITS, EDITS)
def test_choosing_leaves_no_mark_and_both_leaves_every_line(
    base: list[str], one: list[tuple[int, int, list[str]]], other: list[tuple[int, int, list[str]]]
) -> None:
    mine, theirs = edited(base, one, "mine"), edited(base, other, "theirs")
    merged = merge(text_of(base), text_of(mine), text_of(theirs))
    for choice in ("mine", "theirs", "both"):
        assert "<<<<<<<" not in chosen(merged, choice)
    kept = chosen(merged, "both").split("\n")
    assert {line for line in (*mine, *theirs) if line.startswith(("mine", "theirs"))} <= set(kept)
    assert {line for line in mine if line.startswith("mine")} <= set(
        chosen(merged, "mine").split("\n")
    )


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("a\nb", "a\nb\nmine", "theirs\na\nb", "theirs\na\nb\nmine"),
        ("a\n", "a", "a\n", "a"),
        ("", "mine", "", "mine"),
        ("a", "", "a", ""),
        ("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n", "a\nc\nd\n"),
    ],
)
def test_changes_apart_from_each_other_are_both_made(
    base: str, mine: str, theirs: str, merged: str
) -> None:
    assert merge(base, mine, theirs) == merged


def test_changes_of_the_same_lines_stand_between_marks() -> None:
    merged = merge("a\nb\nc\n", "a\nMINE\nc\n", "a\nTHEIRS\nc\n")
    assert clashes(merged) == [Clash(1, "MINE\n", "THEIRS\n")]
    assert choose(merged, 1, "theirs") == "a\nTHEIRS\nc\n"
    assert choose(merged, 2, "theirs") == merged


def test_whole_texts_beside_each_other_can_be_chosen_too() -> None:
    text = beside("mine", "theirs")
    assert choose(text, 1, "mine") == "mine\n"
    assert beside("same", "same") == "same"


def test_marks_that_are_not_whole_are_plain_text() -> None:
    for text in ("<<<<<<< 1: yours\na\n", "======= 1\n", "<<<<<<< 1: yours\n>>>>>>> 1: theirs\n"):
        assert clashes(text) == []
        assert choose(text, 1, "mine") == text


def test_u2_texts_made_to_take_long_are_merged_in_bounded_time_or_given_up() -> None:
    base = "".join(f"{n % 90}\n" for n in range(60_000))
    mine = "".join(f"{n * 7 % 90}\n" for n in range(60_000))
    try:
        merge_texts(base, mine, base[::-1])
    except RenderTimeout:
        return
