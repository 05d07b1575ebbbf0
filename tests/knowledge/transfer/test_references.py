"""Where a text says its addresses: found exactly, and nothing else is touched."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.transfer.references import references, replaced


def said(text: str) -> list[tuple[str, str]]:
    return [(found.kind, text[found.start : found.end]) for found in references(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](b.md)", [("link", "b.md")]),
        ("![a](b.png 'c')", [("picture", "b.png")]),
        ("![a](<b c.png>)", [("picture", "b c.png")]),
        ("[a](b_(c).md) (d)", [("link", "b_(c).md")]),
        ("([a](b.md))", [("link", "b.md")]),
        ("![a][x]\n\n[x]: b.png", [("picture", "b.png")]),
        ("![a](ü.png) [b](%C3%BC.md)", [("picture", "ü.png"), ("link", "%C3%BC.md")]),
        ("- [a](b.md)\n  > ![c](d.png)", [("link", "b.md"), ("picture", "d.png")]),
        ("| a |\n| - |\n| [x](b.md) |", [("link", "b.md")]),
    ],
)
def test_addresses_are_found_as_they_are_written(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    ["```\n[a](b.md)\n```", "    ![a](b.png)", "`[a](b.md)`", "\\[a](b.md)", "```\n[x]: b.md\n```"],
)
def test_what_only_looks_like_a_link_is_none(text: str) -> None:
    assert said(text) == []


def test_a_definition_in_code_is_left_alone() -> None:
    assert len(references("[a][x]\n\n[x]: b.md\n\n```\n[x]: b.md\n```")) == 1


def test_spans_are_replaced_from_any_order() -> None:
    assert replaced("abcdef", [(4, 5, "X"), (0, 2, "")]) == "cdXf"


@given(st.text(alphabet="[]()!<>\\`:. \nab#", max_size=80))
def test_any_text_has_spans_that_lie_apart_and_say_what_they_mean(text: str) -> None:
    end = 0
    for found in references(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end


@pytest.mark.parametrize("unit", ["](", "[a](b", "[x]: a\n", "[a](b)", "<"])
def test_x6_hostile_text_is_searched_in_bounded_time(unit: str) -> None:
    began = time.monotonic()
    references(unit * (50_000 // len(unit)))
    assert time.monotonic() - began < 5
