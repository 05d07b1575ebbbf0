import pytest

from knowledge.answers.answerability import Answered, answered
from tests.knowledge.passages import Given

PAGE = "An account is locked after several failed attempts. A backup holds 3 files and a checksum."


def said(question: str, text: str) -> Answered:
    return answered(question=question, text=text, passages=[Given(1, PAGE, ("Accounts",))])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("When is an account locked?", "An account is locked after several failed attempts [1]."),
        ("What happens to an account?", "An account is locked after several failed attempts [1]."),
        ("How many files does a backup hold?", "A backup holds 3 files and a checksum [1]."),
        ("¿Cuántos archivos contiene la copia?", "A backup holds 3 files and a checksum [1]."),
    ],
)
def test_an_answer_that_has_what_the_question_demands_is_one(question: str, text: str) -> None:
    assert said(question, text) == "yes"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "After how many failed attempts is an account locked?",
            "An account is locked after several failed attempts [1].",
        ),
        (
            "Which algorithm makes the checksum of a backup?",
            "A backup holds 3 files and a checksum [1].",
        ),
    ],
)
def test_the_right_subject_without_what_was_asked_is_unsure(question: str, text: str) -> None:
    assert said(question, text) == "unsure"


def test_an_answer_that_says_that_nothing_is_said_is_none() -> None:
    assert said("Which colour is it?", "The passages do not say which colour it has.") == "no"


def test_one_that_answers_a_part_is_unsure() -> None:
    text = "A backup holds 3 files [1]. The passages do not say how large they are."
    assert said("How many files does a backup hold, and how large are they?", text) == "unsure"


def test_a_claim_that_cites_a_source_is_no_refusal_however_it_is_worded() -> None:
    text = "Accounts do not give guests any details from the source [1]."
    assert said("What do accounts give?", text) == "yes"
