"""What a text commits itself to, in a form that two texts can be compared in. Pure.

Content words as stems (`words`), numbers with their unit (`numbers`), names (`names`), and whether
something is denied.
"""

from dataclasses import dataclass

from knowledge.answers.names import capitalised, identifiers
from knowledge.answers.numbers import numbers
from knowledge.answers.words import folded_words, is_denial, stems_of


@dataclass(frozen=True, slots=True)
class Facts:
    """`numbers`: each with its unit, or "". `names`: identifiers and code. `proper`: the words
    with a capital that may be a name and may be how somebody writes."""

    stems: frozenset[str]
    words: frozenset[str]
    numbers: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    proper: tuple[str, ...]
    negations: int

    @property
    def anchors(self) -> frozenset[str]:
        """What tells where in a passage a claim is said: its content words and its digits."""
        return self.stems.union(word for word in self.words if word.isdigit())


def facts_of(text: str, codes: tuple[str, ...] = ()) -> Facts:
    """The facts of a sentence whose inline code is `codes`."""
    words = tuple(folded_words(text))
    return Facts(
        stems=stems_of(words),
        words=frozenset(words),
        numbers=tuple(numbers(text)),
        names=tuple(dict.fromkeys(identifiers(text, codes))),
        proper=tuple(dict.fromkeys(capitalised(text))),
        negations=sum(is_denial(word) for word in words),
    )
