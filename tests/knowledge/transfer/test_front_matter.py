"""Front matter is split off exactly, read as plain text, and bounded."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.transfer.front_matter import MAX_CHARS, BrokenFrontMatter, split


def test_front_matter_is_split_from_the_text() -> None:
    assert split("---\ntitle: Ports\ntags: [a, b]\n---\n\nText") == (
        {"title": "Ports", "tags": ["a", "b"]},
        "Text",
    )


@pytest.mark.parametrize("written", ["1.10", "2024-01-01", "no", "0o17", "~", "1e3"])
def test_scalars_stay_as_they_were_written(written: str) -> None:
    assert split(f"---\ntitle: {written}\n---\n")[0] == {"title": written}


@pytest.mark.parametrize(
    "text", ["", "Text", "# Title\n\n---\nrule: not front matter\n---\n", "---\n\nAfter a rule"]
)
def test_text_without_front_matter_stays_whole(text: str) -> None:
    assert split(text) == ({}, text)


def test_a_sentence_between_two_rules_is_text() -> None:
    text = "---\nA sentence.\n---\nMore"
    assert split(text) == ({}, text)


def test_code_that_starts_the_text_keeps_its_indent() -> None:
    assert split("---\ntitle: x\n---\n\n    code")[1] == "    code"


@pytest.mark.parametrize(
    ("matter", "reason"),
    [
        ("title: [", "line 3"),
        ("title: a: b", "line 2"),
        ("- a\n- b", "list"),
        ("a: &a [x]\nb: *a", "alias"),
        ("a: " + "[" * 5000, "nests deeper"),
        ("a: " + "{b: " * 3000, "nests deeper"),
        ("? " * 5000, "nests deeper"),
        ("a: " + "x" * MAX_CHARS, "over"),
        ("? [a]\n: b", "unhashable"),
    ],
)
def test_u2_broken_or_hostile_front_matter_is_refused_quickly(matter: str, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(BrokenFrontMatter, match=reason):
        split(f"---\n{matter}\n---\ntext")
    assert time.monotonic() - began < 2


def test_front_matter_that_is_never_closed_is_refused() -> None:
    with pytest.raises(BrokenFrontMatter, match="not closed"):
        split("---\ntitle: x\n\nText")


def test_yaml_tags_construct_nothing() -> None:
    written = "---\ntitle: !!python/object/apply:os.system [id]\nn: !!int x\n---\n"
    assert split(written)[0] == {"title": ["id"], "n": "x"}


@given(st.text(alphabet="-:[]{}&*!?|>'\"\\ \n#ab%@", max_size=60))
def test_any_text_is_read_or_refused(matter: str) -> None:
    try:
        found, _ = split(f"---\n{matter}\n---\ntext")
    except BrokenFrontMatter:
        return
    assert isinstance(found, dict)
