"""Which language a question is in, and which models are asked in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search import terms
from knowledge.search.languages import ENGLISH, OTHER, language_of, understands

BGE = "bge-small-en-v1.5-int8@1"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How do I restore a backup?", ENGLISH),
        ("restore backup", ENGLISH),
        ("ERR_CONTENT_LENGTH", ENGLISH),
        ("What is Debian GNU/Linux?", ENGLISH),
        ("man page for sed", ENGLISH),
        ("SE Linux do", ENGLISH),
        ("die timeout", ENGLISH),
        ("café", ENGLISH),
        ("¿Cómo restauro una copia de seguridad?", "spanish"),
        ("exportar todos los artículos en un zip", "spanish"),
        ("Wie kann ich mein Passwort ändern?", "german"),
        ("Comment est-ce que je change le mot de passe ?", "french"),
        ("如何恢复备份", OTHER),
        ("", ENGLISH),
    ],
)
def test_function_words_and_letters_tell_the_language(question: str, language: str) -> None:
    assert language_of(question) == language


@given(st.text(max_size=200))
def test_any_text_is_in_some_language(text: str) -> None:
    assert language_of(text)


def test_a_model_of_english_alone_understands_english_alone() -> None:
    assert understands(BGE, "Which port is used?")
    assert not understands(BGE, "¿Qué puerto se usa?")
    assert understands("voyage-3.5-1024@1", "¿Qué puerto se usa?")


def test_the_function_words_of_the_questions_language_are_not_searched_for() -> None:
    assert terms.query_words("¿Cómo puedo cambiar el puerto?") == ("puedo", "cambiar", "puerto")
    assert terms.query_words("How can I change the port?") == ("change", "port")
