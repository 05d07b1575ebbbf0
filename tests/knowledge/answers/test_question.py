import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answers.question import InvalidQuestion, clean_question


def test_spaces_and_control_characters_become_single_spaces() -> None:
    assert clean_question(" How\x00 do\r\n I\u2028ask?\x1b ", max_chars=50) == "How do I ask?"


def test_other_languages_are_kept() -> None:
    assert clean_question("Wie ändere ich den Port? ポート", max_chars=50).endswith("ポート")


@pytest.mark.parametrize("empty", ["", "  ", "\x00\n", "\ud800"])
def test_nothing_to_ask_is_refused(empty: str) -> None:
    with pytest.raises(InvalidQuestion, match="Type a question"):
        clean_question(empty, max_chars=50)


def test_the_limit_counts_what_is_left_after_cleaning() -> None:
    assert clean_question("a" * 50 + "\n\n", max_chars=50) == "a" * 50
    with pytest.raises(InvalidQuestion, match="51 characters long; at most 50"):
        clean_question("a" * 51, max_chars=50)


@given(st.text(alphabet=st.characters(), min_size=1))
def test_what_is_cleaned_is_one_storable_line_and_stays_so(question: str) -> None:
    try:
        cleaned = clean_question(question, max_chars=1_000)
    except InvalidQuestion:
        return
    assert len(cleaned.encode().splitlines()) == 1
    assert clean_question(cleaned, max_chars=1_000) == cleaned
