"""How much of a question anybody has written of: names count more than other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search.written import measure, names, telling_words


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("How do I bind a field in Vue?", "vue"),
        ("iPhone app", "iphone"),
        ("Is it done? The thread of an M6 screw", "m6"),
        ("sign in with SAML or Okta", "saml okta"),
        ("(How is it in 'PostgreSQL'?)", "postgresql"),
        ("Backups: Where are they; How often? Why 24 hours", ""),
        ("Can I upload a 10GB file in 30min with 2FA?", ""),
        ("HOW DO I RESET MY PASSWORD", ""),
        ("How To Reset A Password", ""),
        ("Wie hei\u00dft der Server und wo ist das Handbuch?", ""),
    ],
)
def test_a_name_has_a_capital_or_a_digit_where_others_have_none(question: str, named: str) -> None:
    assert names(question) & set(telling_words(question)) == set(named.split())


def test_short_forms_of_function_words_tell_nothing() -> None:
    asked = "It won't do, who's there, how long, what we\u2019re and I'd say isn\u2019t"
    assert telling_words(asked) == ("say",)


def test_what_stands_between_two_spaces_is_no_word_where_words_have_none() -> None:
    assert telling_words("\u5982\u4f55\u91cd\u7f6e\u5bc6\u7801 Vue \u0e23\u0e2b\u0e31\u0e2a") == (
        "vue",
    )


@pytest.mark.parametrize(
    ("unwritten", "found"),
    [((), 1.0), (("vue",), 0.0), (("bind",), 2 / 3), (("bind", "field", "deep"), 0.0)],
)
def test_one_name_or_three_words_that_nobody_wrote_are_all_that_is_asked(
    unwritten: tuple[str, ...], found: float
) -> None:
    measured = measure("How do I bind a deep field in Vue?", unwritten)
    assert measured.share == pytest.approx(found)


def test_what_is_missing_is_named_as_it_was_asked() -> None:
    asked = "Sign in with SAML, O'Reilly or Caf\u00e9Okta, pleaze?"
    found = measure(asked, {"cafeokta", "saml", "pleaze", "sign"})
    assert (found.names, found.words) == (("SAML", "Caf\u00e9Okta"), ("Sign", "pleaze"))
    assert measure("Is VUE like Vue or vue?", {"vue"}).names == ("VUE",)


@given(st.text(max_size=300), st.data())
def test_any_question_has_a_share_and_more_that_is_unwritten_lowers_it(
    question: str, drawn: st.DataObject
) -> None:
    words = telling_words(question)
    missing = drawn.draw(st.sets(st.sampled_from(words)) if words else st.just(set()))
    shares = [measure(question, some).share for some in (words, missing, ())]
    assert 0 <= shares[0] <= shares[1] <= shares[2] == 1
