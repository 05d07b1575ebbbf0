"""Source cards: a passage as text, with the question's words marked."""

from collections.abc import Collection

import pytest
from hypothesis import given

from knowledge.excerpts import excerpt_html
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
    assert excerpt("<AppOnly>\n\ntext {/* note */}\n\n</AppOnly>") == "text"


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
