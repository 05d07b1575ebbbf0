import pytest

from knowledge.answers.refusals import is_refusal


@pytest.mark.parametrize(
    "sentence",
    [
        "The passages do not say which algorithm is used.",
        "The passages don’t contain the answer.",
        "This is not mentioned in the provided sources.",
        "None of the passages mentions a limit.",
        "There is no information about that.",
        "I could not find this in the knowledge base.",
        "Los pasajes no indican el límite.",
        "No se menciona ningún límite.",
        "Die Passagen enthalten dazu keine Angaben.",
        "Les extraits ne disent rien de cela.",
    ],
)
def test_a_sentence_that_says_that_nothing_is_said_is_a_refusal(sentence: str) -> None:
    assert is_refusal(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The port is 8000.",
        "Drafts are not shown to readers.",
        "Only what the articles say is used.",
        "No se puede borrar un espacio archivado.",
        "Readers cannot find drafts.",
        "If MongoDB sends no answer, restart it.",
        "Error messages give no details to attackers.",
    ],
)
def test_a_claim_is_none(sentence: str) -> None:
    assert not is_refusal(sentence)
