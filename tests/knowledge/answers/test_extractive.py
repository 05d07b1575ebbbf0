import asyncio
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.answers.extractive import MAX_SENTENCES, ExtractiveAnswerer, extract
from knowledge.answers.prompt import build_prompt
from knowledge.providers import PromptPassage
from knowledge.rendering import render_answer

REDIRECT = PromptPassage(
    1,
    ("Mutating data", "Redirect after a mutation"),
    "You may want to send people to a different page after they sent a form. "
    "You can do this by calling `redirect` in the action.\n\n```js\nredirect('/x')\n```\n\n"
    "- Something else entirely about stylesheets and fonts",
)
COOKIES = PromptPassage(2, ("Cookies",), "Cookies are read with the `cookies` function, anywhere.")


def test_the_sentence_about_the_question_is_quoted_and_cited() -> None:
    answer = extract("How do I read cookies?", (REDIRECT, COOKIES))
    assert "Cookies are read with the `cookies` function, anywhere [2]." in answer


def test_a_lone_sentence_brings_the_one_that_it_prepares() -> None:
    assert extract("How do I redirect people after a form?", (REDIRECT,)) == [
        "You may want to send people to a different page after they sent a form [1].",
        "You can do this by calling `redirect` in the action [1].",
    ]


def test_the_words_of_a_heading_count_for_its_sentences() -> None:
    install = PromptPassage(1, ("Guide", "Installing"), "Run the first command on a new machine.")
    other = PromptPassage(2, ("Guide", "Removing"), "Run the second command on a new machine.")
    [first, *_] = extract("How is it removed?", (other, install))
    assert "second" in first


def test_a_repetition_is_left_out() -> None:
    once = "The port of the web server is 8000 by default."
    again = PromptPassage(2, ("B",), "The port of the web server is 8000 by default here.")
    assert len(extract("Which port?", (PromptPassage(1, ("A",), once), again))) == 1


def test_a_colon_that_announced_something_left_out_becomes_a_full_stop() -> None:
    only = PromptPassage(1, ("A",), "To change the port, run this command:\n\n    cd x\n    make")
    assert extract("Which port?", (only,)) == ["To change the port, run this command [1]."]


def test_a_question_mark_stays_before_its_number() -> None:
    only = PromptPassage(1, ("A",), "Do you need to change the port at all?")
    assert extract("port", (only,)) == ["Do you need to change the port at all? [1]"]


def test_a_passage_of_code_alone_is_pointed_to() -> None:
    code = PromptPassage(1, ("Guide", "Ports"), "```\nPORT=9000\n```")
    assert extract("Which port?", (code,)) == ["See “Guide > Ports” [1]."]


def test_no_passages_no_answer() -> None:
    assert extract("Which port?", ()) == []


async def collected(passages: tuple[PromptPassage, ...]) -> list[object]:
    prompt = build_prompt(question="redirect form", passages=passages, confidence="strong")
    return [piece async for piece in ExtractiveAnswerer().stream(prompt)]


def test_it_streams_sentence_by_sentence() -> None:
    pieces = asyncio.run(collected((REDIRECT,)))
    assert len(pieces) == 2
    assert str(pieces[1]).startswith(" You can")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=300), min_size=1, max_size=5))
def test_any_passages_give_one_to_three_cited_pieces(question: str, texts: list[str]) -> None:
    passages = [PromptPassage(n, ("T",), text) for n, text in enumerate(texts, 1)]
    answer = extract(question, passages)
    assert 1 <= len(answer) <= MAX_SENTENCES
    for sentence in answer:
        [n] = re.findall(r" \[(\d)\]\S*\Z", sentence)
        html = render_answer(sentence, citations=frozenset(range(1, 6)))
        assert re.findall(r'data-source="(\d)"', html) == [n]


def test_a_more_relevant_passage_is_quoted_before_a_higher_one() -> None:
    beside = PromptPassage(1, ("A",), "The port of the harbour is closed.", relevance=0.4)
    right = PromptPassage(2, ("B",), "The port of the server is 8000.", relevance=0.95)
    assert extract("Which port?", (beside, right))[0].endswith("[2].")
