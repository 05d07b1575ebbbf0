"""Source cards: a passage as text, with the question's words marked."""

from collections.abc import Collection

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.excerpts import Backed, excerpt_html
from tests.knowledge.html_check import elements, text_of
from tests.knowledge.markdown_texts import anything


def excerpt(text: str, terms: Collection[str] = ()) -> str:
    return excerpt_html(text, terms=terms)


def test_markdown_becomes_text() -> None:
    assert excerpt("**Run** [it](/x) ![now](/y)\nfast.  \nDone\n\n> quoted") == (
        "Run it now fast.\nDone\n\nquoted"
    )


def test_lists_and_tables_become_lines() -> None:
    assert excerpt("- a\n- b\n\n3. c\n\n| x | y |\n|---|---|\n| 1 | `2` |") == (
        "• a\n• b\n3. c\n\nx · y\n1 · <code>2</code>"
    )


def test_code_stays_code() -> None:
    assert excerpt("```js\nif (a < b) {\n  go()\n}\n```") == (
        "<code>if (a &lt; b) {\n  go()\n}</code>"
    )


def test_page_markup_is_not_shown() -> None:
    assert excerpt("<AppOnly>\n\ntext {/* note */}\n\n</AppOnly>").strip() == "text"


@pytest.mark.parametrize("term", ["install", "Installing", "INSTALLED", "what installs it?"])
def test_a_word_is_marked_in_all_its_forms(term: str) -> None:
    assert excerpt("How to Install: `install`", [term]) == (
        "How to <mark>Install</mark>: <code><mark>install</mark></code>"
    )


def test_common_words_and_parts_of_words_are_not_marked() -> None:
    assert "<mark>" not in excerpt("The port of reports is open", ["the", "of", "is", "por"])


def test_words_of_other_scripts_are_marked() -> None:
    assert excerpt("Это порт.", ["Порт"]) == "Это <mark>порт</mark>."


def test_the_end_of_a_long_fence_does_not_turn_prose_into_code() -> None:
    assert excerpt("b = 2\n```\n\nThen *run* it.") == "<code>b = 2</code>\n\nThen run it."


def test_the_start_of_a_long_fence_is_code() -> None:
    assert excerpt("Run:\n\n```py\na = 1") == "Run:\n\n<code>a = 1</code>"


@given(anything)
def test_x1_an_excerpt_holds_text_only(source: str) -> None:
    html = excerpt(source, ["word", "code", "<b>"])
    assert {(tag, len(attributes)) for tag, attributes in elements(html)} <= {
        ("code", 0),
        ("mark", 0),
    }


def test_marking_changes_no_text() -> None:
    source = "A <b> & `c` install's \x00 x"
    assert text_of(excerpt(source, ["install", "b", "c"])) == text_of(excerpt(source))


def test_a_backed_sentence_is_marked_whole_and_says_for_which_claims() -> None:
    text = "Set it. **Run** `it now`, then *stop*. Done."
    start, end = text.index("**Run"), text.index(" Done")
    html = excerpt_html(text, terms=["stop"], backed=[Backed(start, end, (0, 2))])
    assert html == (
        'Set it. <mark class="support" data-claims="0 2">Run <code>it now</code>, then '
        "<mark>stop</mark>.</mark> Done."
    )


def test_a_backed_line_of_code_is_marked_where_a_fence_was_cut_open() -> None:
    text = "b = 2\nc = 3\n```\n\nThen *run* it."
    html = excerpt_html(text, terms=[], backed=[Backed(6, 11, (1,))])
    assert '<code>b = 2\n<mark class="support" data-claims="1">c = 3</mark></code>' in html


@given(anything, st.integers(0, 60), st.integers(0, 60))
@example("0\x85\n", 0, 2)  # white space to Python, a character to Markdown
def test_marking_what_is_backed_changes_no_text(source: str, start: int, end: int) -> None:
    backed = [Backed(start, end, (0,))] if start < end else []
    assert text_of(excerpt_html(source, terms=[], backed=backed)) == text_of(excerpt(source))
