import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answers.statements import Statement, answer_statements, passage_statements
from tests.knowledge.markdown_texts import anything


def sources(text: str) -> list[str]:
    return [text[s.start : s.end] for s in answer_statements(text, retrieved=[1, 2])]


def cited(text: str) -> list[tuple[int, ...]]:
    return [s.citations for s in answer_statements(text, retrieved=[1, 2])]


def test_a_span_is_exactly_the_sentence_with_its_marks() -> None:
    text = "Foo **bar [1].** Next *one*, e.g. `make. Run`! ¿Cómo va? Bien."
    assert sources(text) == [
        "Foo **bar [1].**",
        "Next *one*, e.g. `make. Run`!",
        "¿Cómo va?",
        "Bien.",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lists_quotations_and_tables_are_placed_whatever_their_line_ends(end: str) -> None:
    text = end.join(["- One", "  more [1]", "", "> Two.", "> Three", "", "| a | b |", "|--|--|"])
    assert sources(text + f"{end}| c | d [2] |") == [
        f"One{end}  more [1]",
        "Two.",
        "Three",
        "a | b",
        "c | d [2]",
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("One [1]. Two [2].", [(1,), (2,)]),
        ("One. [1] Two.", [(1,), ()]),
        ("One. [1][2] two.", [(1, 2), ()]),
        ("One.\u201d [1]. Two [2].", [(1,), (2,)]),
        ("One. [1].\u201d Two [2].", [(1,), (2,)]),
        ("One. [1]... Two [2].", [(1,), (2,)]),
        ("One [99]. Two `[1]`.", [(), ()]),
        ("[1](javascript:x) says so.", [(1,)]),
        (r"Not \[1] this.", [()]),
    ],
)
def test_a_citation_after_the_full_stop_belongs_to_the_sentence_before(
    text: str, numbers: list[tuple[int, ...]]
) -> None:
    assert cited(text) == numbers


def test_each_line_of_code_is_a_statement_of_a_passage() -> None:
    text = "Run:\n\n```sh\nmake all\n\n  make run\n```\n"
    assert [text[s.start : s.end] for s in passage_statements(text)] == [
        "Run:",
        "make all",
        "make run",
    ]


def assert_exact(text: str, found: list[Statement]) -> None:
    at = 0
    for statement in found:
        assert at <= statement.start < statement.end <= len(text)
        assert not text[statement.start].isspace()
        at = statement.end


@given(anything)
def test_spans_of_any_text_are_in_order_and_never_overlap(text: str) -> None:
    assert_exact(text, answer_statements(text, retrieved=[1, 2, 3]))
    assert_exact(text, passage_statements(text))


@given(st.lists(st.sampled_from(["Port 8000 is used.", "Set `A b` now [1].", "Is it *so*?"])))
def test_sentences_one_after_the_other_come_back_as_they_were(parts: list[str]) -> None:
    assert sources(" ".join(parts)) == parts
