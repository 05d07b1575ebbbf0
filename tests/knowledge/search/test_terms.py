"""Questions as search terms."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.search import terms


def test_words_that_say_nothing_are_left_out() -> None:
    assert terms.query_words("What is the port of the server?") == ("port", "server")


def test_a_question_of_nothing_else_keeps_them() -> None:
    assert terms.query_words("To be or not to be") == ("to", "be", "or", "not")


def test_accents_and_case_do_not_matter() -> None:
    assert terms.query_words("CAFÉ café cafe") == ("cafe",)


def test_labels_compare_without_case_and_separators() -> None:
    assert terms.label(" App_Router-Guide ") == terms.label("app router  guide")


def test_every_short_run_of_words_is_a_phrase() -> None:
    found = terms.label_phrases("Where is the app-router?")
    assert {"app", "app router", "the app router", "is the app router"} <= set(found)
    assert "where is the app router" not in found


@given(st.text(max_size=300))
def test_any_text_makes_few_short_terms(question: str) -> None:
    found = terms.query_words(question)
    assert len(found) == len(set(found)) <= terms.MAX_WORDS
    assert all(0 < len(word.encode()) <= 4 * terms.MAX_WORD_CHARS for word in found)
    assert len(terms.label_phrases(question)) <= 4 * terms.MAX_WORDS
    assert all(terms.stem(word) for word in found)
