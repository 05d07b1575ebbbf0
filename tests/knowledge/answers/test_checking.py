"""Verdicts on sentences, and where their sources say so."""

import time
import timeit
from collections.abc import Sequence

import pytest
from hypothesis import given

from knowledge.answers.checking import Checked, check_answer
from tests.knowledge.markdown_texts import anything
from tests.knowledge.passages import Given

PORT = "The web server listens on port 8000. Set `PORT` to change it. It is not encrypted."
BACKUP = (
    "A backup of 1,000 articles takes two minutes. Ada Lovelace may restore it with `restore.sh`."
)
SOURCES = [Given(1, PORT, ("Ports",), start=100), Given(2, BACKUP, ("Backups", "Restore"))]


def check(text: str, sources: Sequence[Given] = SOURCES) -> Checked:
    return check_answer(text=text, passages=sources)


def verdicts(text: str) -> list[str]:
    return [claim.verdict for claim in check(text).claims]


@pytest.mark.parametrize(
    "text",
    [
        "The web server listens on port 8000 [1].",
        "The server is listening on port 8,000. [1]",
        "By default, port 8000 is what the web server listens on [1][2].",
        "Ada Lovelace restores a backup of 1000 articles [2].",
        "To restore a backup, Ada Lovelace may run `restore.sh` [2].",
        "It is not encrypted [1].",
    ],
)
def test_what_the_source_says_is_supported_in_its_words_or_near_them(text: str) -> None:
    assert verdicts(text) == ["supported"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The web server listens on port 9000 [1].", "number"),
        ("A backup of 1,001 articles takes two minutes [2].", "number"),
        ("Set `HOST` to change it [1].", "code"),
        ("Restore it with restore_all.py [2].", "identifier"),
        ("The web server listens on port 8000 [2].", "citation of another passage"),
        ("It is encrypted [1].", "denied in the source"),
        ("The web server does not listen on port 8000 [1].", "denied in the answer"),
        ("Every request is signed with a key that rotates [1].", "made up"),
        ("Administrators receive an e-mail every Monday.", "no citation"),
    ],
)
def test_what_the_source_does_not_say_is_unsupported(text: str, why: str) -> None:
    assert verdicts(text) == ["unsupported"], why


@pytest.mark.parametrize(
    ("source", "claim", "verdict"),
    [
        ("Files may have 5 MB, a site 2 GB.", "Files may have 5 GB [1].", "unsupported"),
        ("Files may have 5 MB.", "Files may have 5 megabytes [1].", "supported"),
        ("Files may have 5MB.", "Files may have 5-MB [1].", "supported"),
        ("Files may have 5.", "Files may have 5 GB [1].", "supported"),
        ("Links live five minutes.", "Links live 5 hours [1].", "unsupported"),
        ("Links live five minutes.", "Links live five hours [1].", "unsupported"),
        ("Links live 30 minutes.", "Links live 30 min. [1]", "supported"),
        ("Una copia tarda 2 horas.", "La copia tarda 2 días [1].", "unsupported"),
        ("It takes a day.", "It takes one day [1].", "supported"),
        ("Keep 3 days. Wait 3 hours.", "Keep 3 days, wait 3 hours [1].", "supported"),
    ],
)
def test_the_same_number_of_something_else_is_another_number(
    source: str, claim: str, verdict: str
) -> None:
    [one] = check(claim, [Given(1, source, ("Limits",))]).claims
    assert one.verdict == verdict


def test_a_name_that_the_source_lacks_is_not_supported() -> None:
    assert verdicts("A backup of 1,000 articles takes Grace Hopper two minutes [2].") == ["weak"]


def test_a_sentence_without_a_citation_is_covered_by_the_next_of_its_paragraph() -> None:
    assert verdicts("Set `PORT` to change it. It is not encrypted [1].") == ["supported"] * 2
    assert verdicts("Set `PORT` to change it.\n\nIt is not encrypted [1].") == [
        "unsupported",
        "supported",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## Ports on 9999",
        "Here is how:",
        "Would you like to know more about port 9999?",
        "The passages do not say which colour it has.",
        "Las fuentes no indican el color.",
    ],
)
def test_what_claims_nothing_has_no_verdict(text: str) -> None:
    assert verdicts(text) == []


def test_the_support_is_the_exact_sentence_in_the_article() -> None:
    article = "x" * 100 + PORT
    [one] = check("To change it, set `PORT` [1].").support()
    assert article[one["start"] : one["end"]] == "Set `PORT` to change it."
    assert (one["n"], one["claim"]) == (1, 0)


def test_an_unsupported_sentence_names_no_support() -> None:
    assert check("The web server listens on port 9000 [1].").support() == []


def test_the_headings_above_a_passage_count() -> None:
    assert verdicts("Restore backups of 1,000 articles in two minutes [2].") == ["supported"]


def test_spanish_is_checked_as_well() -> None:
    given = [Given(1, "El servidor escucha en el puerto 8000. No usa cifrado.", ("Puertos",))]
    checked = check("El puerto del servidor es el 8000 [1]. El puerto es el 9000 [1].", given)
    assert [claim.verdict for claim in checked.claims] == ["supported", "unsupported"]


def test_a_model_is_asked_only_where_words_do_not_decide() -> None:
    asked: list[tuple[str, str]] = []

    def opinion(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        asked.extend(pairs)
        return [0.9 for _ in pairs]

    text = "It is not encrypted [1]. The server uses the web interface daily for clients [1]."
    checked = check_answer(text=text, passages=SOURCES, opinion=opinion)
    assert [claim.verdict for claim in checked.claims] == ["supported", "supported"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "text",
    ["Port is 8000 [1][2][3][4][5]. " * 600, "A. " * 6_600, "Ab [1] " * 2_800, "[" * 20_000],
)
def test_checking_takes_time_in_proportion_to_the_answer(text: str) -> None:
    """Four times the text takes about four times as long; sixteen times, if it were squared."""
    assert seconds_to_check(text[:20_000]) < 8 * seconds_to_check(text[:5_000])


def seconds_to_check(text: str) -> float:
    """Of the processor, and the least of three: others work there too."""
    sources = [Given(n, (PORT + " ") * 18) for n in range(1, 6)]
    return min(
        timeit.repeat(lambda: check(text, sources), timer=time.process_time, repeat=3, number=1)
    )


@given(anything)
def test_any_answer_to_any_passage_is_checked(text: str) -> None:
    checked = check(text, [Given(1, text), *SOURCES[1:]])
    ends = [0, *(at for one in checked.claims for at in (one.start, one.end))]
    assert ends == sorted(ends)
