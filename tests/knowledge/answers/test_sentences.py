import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answers.sentences import sentences
from knowledge.rendering import render_answer


def texts(markdown: str) -> list[str]:
    return [sentence.text for sentence in sentences(markdown)]


def test_sentences_end_where_the_next_begins() -> None:
    assert texts("Set `PORT`. Then start it! Does it run? Yes… Good.") == [
        "Set `PORT`.",
        "Then start it!",
        "Does it run?",
        "Yes…",
        "Good.",
    ]


@pytest.mark.parametrize(
    "whole",
    [
        "Use a name, e.g. Ada, for it.",
        "Next.js 15.2 needs Node.js 20.9 or newer.",
        "Run `make. Then` and wait.",
        "The file next.config.js is read once.",
    ],
)
def test_points_inside_a_sentence_do_not_end_it(whole: str) -> None:
    assert texts(whole) == [whole]


def test_scripts_without_capitals_and_spaces_are_split() -> None:
    assert texts("ポートは8000です。変更できます。") == ["ポートは8000です。", "変更できます。"]


def test_code_tables_and_headings_have_no_sentences() -> None:
    source = (
        "#### Ports. Are.\n\n```\nRun this. Now.\n```\n\n| A. | B. |\n|--|--|\n| C. | D. |\n\nOne."
    )
    assert texts(source) == ["One."]


def test_a_paragraph_over_several_lines_is_one_line() -> None:
    assert texts("One\nsentence here.") == ["One sentence here."]


def test_list_items_are_sentences_without_their_marks() -> None:
    assert texts("1. First thing\n2. Second thing\n   - Inner **thing**") == [
        "First thing",
        "Second thing",
        "Inner thing",
    ]


def test_links_and_page_markup_leave_their_words() -> None:
    source = "<AppOnly>\n\nRead [the docs](/docs) ![x](y.png)now.\n\n</AppOnly>"
    assert texts(source) == ["Read the docs now."]


def test_x5_what_looks_like_a_citation_in_a_passage_cites_nothing() -> None:
    [sentence] = sentences(r"See footnote \[1] and array[2].")
    html = render_answer(sentence.text, citations=frozenset({1, 2}))
    assert html == "<p>See footnote [1] and array[2].</p>\n"


def test_a_sentence_that_announces_the_next_block_is_known() -> None:
    assert [s.introduces for s in sentences("These:\n\n- make\n\nDone.")] == [True, False, False]


def test_a_single_line_of_code_ends_the_sentence_that_announces_it() -> None:
    assert texts("Run this. Then that:\n\n```sh\nmake run PORT=1\n```\n\nDone.") == [
        "Run this.",
        "Then that: `make run PORT=1`",
        "Done.",
    ]
    assert texts("Then that:\n\n```\none\ntwo\n```") == ["Then that:"]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60)


@given(WORDS)
def test_a_sentence_reads_the_same_as_markdown_and_plain(words: str) -> None:
    for sentence in sentences(words):
        again = "".join(s.plain for s in sentences(sentence.text))
        assert "".join(again.split()) == "".join(sentence.plain.split())
