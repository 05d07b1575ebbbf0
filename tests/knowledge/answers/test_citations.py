import pytest

from knowledge.answers.citations import cited_numbers


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Set it [1]. Then start [3][1].", (1, 3)),
        ("Both say so [1, 3].", (1, 3)),
        ("Nothing here.", ()),
        ("Unknown [99], [0], [-1], [1000000000]", ()),
        ("In code: `a[1]`\n\n```\nb[2]\n```", ()),
        ("A forged link [3](javascript:alert(1))", (3,)),
        ("Unfinished [1", ()),
    ],
)
def test_x5_only_retrieved_numbers_are_cited(text: str, cited: tuple[int, ...]) -> None:
    assert cited_numbers(text, retrieved=[1, 2, 3]) == cited


def test_nothing_is_cited_where_nothing_was_retrieved() -> None:
    assert cited_numbers("Sure [1].", retrieved=[]) == ()
