"""Answers: citations are the only links, whatever the model wrote and wherever it was cut."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answer_html import render_answer
from knowledge.answers.statements import answer_statements
from tests.knowledge.html_check import answer_problems, elements, text_of
from tests.knowledge.markdown_texts import anything

GIVEN = frozenset({1, 2, 12})


def html_of(text: str) -> str:
    return render_answer(text, citations=GIVEN)


def cited(text: str) -> list[str]:
    return [a.get("data-source", "?") for tag, a in elements(html_of(text)) if tag == "a"]


def test_a_known_number_is_a_citation() -> None:
    assert html_of("Yes [1].") == (
        '<p>Yes\u202f<a class="citation" href="#source-1" data-source="1">1</a>.</p>\n'
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[1][2]", ["1", "2"]),
        ("[1, 2]", ["1", "2"]),
        ("[1,2;12]", ["1", "2", "12"]),
        ("[1, 99]", ["1"]),
        ("**bold [1]** and *[2]*", ["1", "2"]),
        ("- item [1]\n\n| a [2] |\n|---|\n| b [12] |", ["1", "2", "12"]),
        ("# Heading [1]", ["1"]),
        ("[[1]]", ["1"]),
        ("![1]", ["1"]),
    ],
)
def test_every_form_of_citation_is_found(text: str, numbers: list[str]) -> None:
    assert cited(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        *("[99]", "[0]", "[01]", "[-1]", "[1.5]", "[a]", "[]", "[1", "1]", r"\[1]", "[١]"),
        *("[1000]", "`[1]`", "[1;]", "[,1]", "[1 2]", "【1】"),
    ],
)
@pytest.mark.parametrize("before", ["", "``` \n", "    "])
def test_x5_anything_else_in_brackets_is_text(text: str, before: str) -> None:
    assert cited(before + text) == []


@pytest.mark.parametrize("text", ["```\n[1]\n```", "~~~\n[1]", "    [1]", "`` [1] ``", "[1 2]"])
def test_code_holds_no_citations(text: str) -> None:
    assert cited(text) == []


def test_unknown_numbers_stay_readable() -> None:
    assert text_of(html_of("a [99] b [1, 99]")).strip() == "a [99] b\u202f1[99]"


def test_adjacent_citations_are_told_apart() -> None:
    assert text_of(html_of("[1][2]")).strip() == "1\u202f2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[docs](https://example.org)", "docs"),
        ("[click](javascript:alert(1))", "click"),
        ("<https://example.org>", "https://example.org"),
        ("![cat](https://example.org/?q=secret)", "cat"),
        ("[1](javascript:alert(1))", "1"),
        ("[1](https://example.org)", "1"),
        ("[![1](x)](y)", "1"),
        ("[1]: https://example.org", "1: https://example.org"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ],
)
def test_x5_a_forged_link_is_only_its_text(text: str, shown: str) -> None:
    assert text_of(html_of(text)).strip() == shown
    assert answer_problems(html_of(text)) == []


def test_a_citation_with_an_address_still_cites() -> None:
    assert cited("[1](https://example.org)") == ["1"]


def test_a_definition_cannot_redirect_a_citation() -> None:
    html = html_of("[1] [x]\n\n[1]: https://example.org\n[x]: https://example.org")
    assert {a["href"] for _, a in elements(html) if "href" in a} == {"#source-1"}


def test_headings_stay_below_those_of_the_page() -> None:
    assert [tag for tag, _ in elements(html_of("# a\n\n###### b"))] == ["h3", "h6"]


def test_a_list_that_begins_does_not_flash_as_a_heading() -> None:
    assert [tag for tag, _ in elements(html_of("Steps:\n-"))] == ["p"]


def test_an_answer_is_bounded() -> None:
    assert len(html_of("a" * 1_000_000)) < 50_000


@given(anything, st.integers(0, 200))
def test_x2_any_text_cut_anywhere_is_safe(text: str, at: int) -> None:
    assert answer_problems(html_of(f"[1] {text}"[:at])) == []


def test_x2_payloads_cut_at_every_boundary_are_safe(shared_data: Callable[[str], Path]) -> None:
    lines = (shared_data("xss") / "payloadbox.jsonl").read_text().splitlines()
    for payload in (json.loads(line)["text"] for line in lines[::80]):
        for at in range(min(len(payload), 300) + 1):
            assert answer_problems(html_of(f"See [1]. {payload[:at]}")) == []


def test_x2_every_payload_is_safe_as_an_answer(shared_data: Callable[[str], Path]) -> None:
    for line in (shared_data("xss") / "payloadbox.jsonl").read_text().splitlines():
        assert answer_problems(html_of(f"[1] {json.loads(line)['text']} [x](y)")) == []


def verdict(text: str, part: str, verdict: str, citations: list[int]) -> dict[str, Any]:
    start = text.index(part)
    return {
        "start": start, "end": start + len(part), "verdict": verdict, "citations": citations
    }  # fmt: skip


def test_what_no_source_bears_out_is_marked_and_says_so_in_words() -> None:
    text = "Fine [1]. Not *so good* [2]. Made up."
    html = render_answer(
        text,
        citations=GIVEN,
        verdicts=[
            verdict(text, "Fine [1].", "supported", [1]),
            verdict(text, "Not *so good* [2].", "unsupported", [2]),
            verdict(text, "Made up.", "weak", []),
        ],
    )
    assert text_of(html).strip() == (
        "Fine\u202f1. Not so good\u202f2. (not found in its source)"
        " Made up. (only partly in the sources)"
    )
    marks = [a["class"] for tag, a in elements(html) if tag == "span"]
    assert marks == [
        *["claim claim--unsupported"] * 3,
        "claim__note",
        "claim claim--weak",
        "claim__note",
    ]
    assert answer_problems(html) == []


def test_a_citation_tells_which_claim_it_is_for() -> None:
    text = "One [1]. Two [1]."
    claims = [verdict(text, part, "supported", [1]) for part in ("One [1].", "Two [1].")]
    html = render_answer(text, citations=GIVEN, verdicts=claims)
    assert [a["data-claim"] for tag, a in elements(html) if tag == "a"] == ["0", "1"]


@given(anything)
def test_x2_marking_any_answer_leaves_it_safe_and_its_words_as_they_were(text: str) -> None:
    claims = [
        {"start": c.start, "end": c.end, "verdict": "supported", "citations": []}
        for c in answer_statements(text, retrieved=GIVEN)
    ]
    marked = render_answer(text, citations=GIVEN, verdicts=claims)
    assert text_of(marked) == text_of(html_of(text))
    doubted = [{**claim, "verdict": "unsupported"} for claim in claims]
    assert answer_problems(render_answer(text, citations=GIVEN, verdicts=doubted)) == []


def test_x5_an_answer_cannot_forge_a_mark() -> None:
    html = html_of('<span class="claim__note">(checked)</span> <mark class="support">x</mark>')
    assert [tag for tag, _ in elements(html)] == ["p"]


FORGERIES = (
    "See [1, 99](javascript:x).",
    "[[2]](//e)",
    "a [1][99] `[2]`",
    "[1]: //e\n\n[x][1] 12]",
)


@pytest.mark.parametrize("text", FORGERIES)
def test_x5_cut_anywhere_only_numbers_of_the_list_are_links(text: str) -> None:
    for at in range(len(text) + 1):
        html = html_of(text[:at])
        assert {a["href"] for tag, a in elements(html) if tag == "a"} <= {"#source-1", "#source-2"}
        assert answer_problems(html) == []
