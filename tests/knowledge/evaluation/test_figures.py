"""What is measured of refusals and answers, on questions whose passages are made up."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId

from knowledge.answers.extractive import ExtractiveAnswerer
from knowledge.evaluation import answers
from knowledge.evaluation.answers import Answered, judge_answers, words_of
from knowledge.evaluation.asking import Asked
from knowledge.evaluation.dataset import Query
from knowledge.evaluation.refusal import judge_refusal
from knowledge.evaluation.worst import worst
from knowledge.search.passages import Candidate
from knowledge.search.ranking import Judged, Ranking
from knowledge.search.retrieve import as_retrieval
from knowledge.search.timing import Stopwatch


def asked(*found: tuple[str, float], **query: Any) -> Asked:
    """A question that found passages of these documents, with these relevances."""
    judged = tuple(Judged(passage(document), None, relevance=sure) for document, sure in found)
    documents = tuple(document for document, _ in found)
    return Asked(
        query=Query(id="q", text="Which port?", **query),
        legs={"final": documents},
        judged=judged,
        documents=documents,
        retrieval=as_retrieval(Ranking(judged), Stopwatch()),
    )


def passage(title: str) -> Candidate:
    return Candidate(
        chunk_id=ObjectId(),
        article_id=ObjectId(),
        workspace_id="",
        workspace_slug="team",
        article_slug="ports",
        breadcrumb=(title,),
        anchor="",
        text="The port is 8000.",
        start=0,
        end=17,
        revision=1,
        indexed_at=datetime.now(UTC),
        tags=(),
        category="",
    )


def test_g1_errors_are_counted_at_the_running_thresholds_and_by_kind(settings: Any) -> None:
    settings.CONFIDENCE_WEAK, settings.CONFIDENCE_STRONG = 0.3, 0.4
    found = judge_refusal([
        asked(("a", 0.9), gains={"a": 1.0}),
        asked(("a", 0.2), gains={"a": 1.0}),
        asked(("a", 0.35), answerable=False, kind="near"),
        asked(("a", 0.1), answerable=False, kind="far"),
        asked(("a", 0.5)),
    ])  # fmt: skip
    assert (found["answerable"], found["unanswerable"]) == (2, 2)
    assert found["weak"]["false_refusals"] == {"n": 1, "of": 2, "share": 0.5}
    assert found["weak"]["false_answers"]["n"] == 1
    assert found["strong"]["false_answers"]["n"] == 0
    assert found["auc"] == 0.75
    assert found["kinds"]["far"]["auc"] == 1
    assert found["kinds"]["near"]["false_answers"]["weak"] == {"n": 1, "of": 1, "share": 1.0}


def test_the_calibration_is_that_of_the_first_passages_as_it_is_fitted() -> None:
    found = judge_refusal([
        asked(("a", 0.75), ("b", 0.25), gains={"a": 1.0}),
        asked(*[("c", 0.25)] * 6, answerable=False),
        asked(("a", 0.9), answerable=True),
    ])  # fmt: skip
    assert found["labels"] == 2 + 5
    assert [(one["mean"], one["share"]) for one in found["bins"]] == [(0.25, 0), (0.75, 1)]
    assert found["ece"] == 0.25


def test_the_curve_counts_what_shows_no_judged_document_as_wrong() -> None:
    found = judge_refusal([
        asked(("a", 0.9), gains={"a": 1.0}),
        asked(("b", 0.6), ("a", 0.1), gains={"a": 1.0}),
        asked(("a", 0.7), answerable=False),
    ])  # fmt: skip
    curve = {point["threshold"]: point for point in found["curve"]}
    assert curve[0.0] == {"threshold": 0.0, "coverage": 1, "error": 0.3333}
    assert curve[0.5]["error"] == 0.6667
    assert curve[0.8] == {"threshold": 0.8, "coverage": 0.3333, "error": 0}
    assert 1.0 not in curve


def test_without_labels_there_is_nothing_to_say() -> None:
    found = judge_refusal([asked(("a", 0.5))])
    assert (found["labels"], found["auc"], found["ece"]) == (0, None, None)


def test_citations_are_judged_by_their_documents() -> None:
    one = asked(("a", 0.9), ("b", 0.8), ("c", 0.7), gains={"a": 1.0, "c": 1.0}, answer="8000")
    found = judge_answers([Answered(one, "The port is 8000 [1][2]. Any will do [9].")], "m")
    assert (found["sentences"], found["cited_sentences"]) == (2, 0.5)
    assert (found["citations"], found["citation_precision"]) == (2, 0.5)
    assert (found["relevant_shown"], found["citation_recall"]) == (2, 0.5)
    assert (found["contains_reference"], found["reference_recall"]) == (1, 1)


def test_citations_are_those_that_the_page_links() -> None:
    one = asked(("a", 0.9), ("b", 0.8), gains={"a": 1.0})
    found = judge_answers([Answered(one, "The port is 8000 [1, 2]. Write `x[1]` there.")], "m")
    assert (found["citations"], found["cited_sentences"]) == (2, 0.5)


def test_a_citation_after_the_full_stop_belongs_to_the_sentence_before() -> None:
    one = asked(("a", 0.9), gains={"a": 1.0})
    found = judge_answers([Answered(one, "Is it 8000? [1] Any will do.")], "m")
    assert (found["sentences"], found["cited_sentences"]) == (2, 0.5)


def test_what_the_check_of_answers_says_is_counted() -> None:
    one = asked(("a", 0.9), gains={"a": 1.0})
    [answer] = answers.write([one], ExtractiveAnswerer())
    found = judge_answers([answer, Answered(one, "No.", ("unsupported",))], "m")["verdicts"]
    assert found == {"claims": 2, "supported": 0.5, "weak": 0, "unsupported": 0.5}


def test_a_question_that_was_refused_holds_no_reference() -> None:
    [answer] = answers.write([asked(("a", 0.1), answer="8000")], ExtractiveAnswerer())
    assert answer.text == ""
    found = judge_answers([answer], "extractive")
    assert (found["answered"], found["contains_reference"]) == (0, 0)
    assert found["citation_precision"] is None


def test_words_are_compared_by_stem_and_without_function_words() -> None:
    assert words_of("The Ports are configured.") == words_of("port configuring")
    assert words_of("no") == {"no"}


@pytest.mark.parametrize(
    ("found", "query", "complaint"),
    [
        ([("b", 0.9)], {"gains": {"a": 1.0}}, "No judged document was found"),
        ([("a", 0.1)], {"gains": {"a": 1.0}}, "Refused, though"),
        ([("b", 0.9), ("a", 0.8)], {"gains": {"a": 1.0}}, "too far down"),
        ([("b", 0.9)], {"answerable": False}, "Answered, though"),
    ],
)
def test_the_worst_questions_say_what_went_wrong(
    found: list[tuple[str, float]], query: Any, complaint: str
) -> None:
    good = asked(("a", 0.9), gains={"a": 1.0})
    [bad] = worst([good, asked(*found, **query)])
    assert complaint in bad.complaint
