"""What a search page's address says, and where its chips lead."""

from types import SimpleNamespace

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from knowledge.narrowing import MAX_TAGS, SearchAddress


def read(query: str) -> SearchAddress:
    return SearchAddress.read(QueryDict(query))


def test_the_address_gives_the_question_and_the_filters() -> None:
    address = read("q=how%20so%3F&tag=a&tag=b&category=Guides")
    assert address == SearchAddress("how so?", ("a", "b"), "Guides")


def test_a_page_without_a_question_has_no_problem() -> None:
    assert read("tag=a").problem == ""


@pytest.mark.parametrize("query", ["q=", "q=%20%0a%00", "q=" + "x" * 10_000])
def test_a_question_that_cannot_be_asked_is_a_problem_in_words(query: str) -> None:
    assert read(query).problem


def test_a_question_that_is_too_long_stays_in_the_box() -> None:
    assert read("q=" + "x" * 10_000).question == "x" * 10_000


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.lists(st.text("abc &?=#/", min_size=1, max_size=8), max_size=3),
)
def test_reading_an_address_again_gives_the_same_search(question: str, tags: list[str]) -> None:
    params = QueryDict(mutable=True)
    params["q"] = question
    params.setlist("tag", tags)
    first = SearchAddress.read(params)
    if not first.problem:
        assert read(first.url.removeprefix("?")) == first


def test_a_chip_removes_its_own_filter_only() -> None:
    chips = read("q=x&tag=a&tag=b&category=c").filters()
    assert [(chip.kind, chip.value) for chip in chips] == [
        ("Tag", "a"),
        ("Tag", "b"),
        ("Category", "c"),
    ]
    assert chips[0].url == "?q=x&tag=b&category=c"
    assert chips[2].url == "?q=x&tag=a&tag=b"


def test_what_was_found_offers_filters_that_are_not_in_force() -> None:
    found = [SimpleNamespace(tags=["a", "b"], category="c"), SimpleNamespace(tags=[], category="")]
    offered = read("q=x&tag=a").narrowings(found)
    assert [(chip.value, chip.url) for chip in offered] == [
        ("c", "?q=x&tag=a&category=c"),
        ("b", "?q=x&tag=a&tag=b"),
    ]


def test_c1_filters_that_no_article_can_have_are_left_out() -> None:
    address = read("tag[$ne]=&tag=&tag=" + "x" * 41 + "&category=" + "y" * 61)
    assert address == SearchAddress()


def test_the_number_of_tags_is_limited() -> None:
    assert len(read("&".join(f"tag={n}" for n in range(50))).tags) == MAX_TAGS
