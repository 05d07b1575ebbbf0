"""How much of what is asked anybody has written of: the question's words against the index.

A list of nearest passages always exists; that a question is about something else shows in words
that stand nowhere, most of all in names: no passage on routing tells how Vue does it where nobody
ever wrote *Vue*. Which words stand nowhere is an engine's to say. Pure.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from knowledge.search import languages, terms

NAME: Final = 1.0
WORD: Final = 1 / 3
"""What is missing where nobody wrote a name, or another word: measured, docs/measurements.md."""
_LEAST_CHARS: Final = 2
_TELLS_NOTHING: Final = re.compile(
    r"\b\w+n['\u2019]t\b|['\u2019](?:s|re|ve|ll|d|m)\b|\bhow (?:far|long|many|much|often)\b",
    re.IGNORECASE,
)
"""Short forms of function words, and what asks for an amount."""
_AMOUNT: Final = re.compile(r"\d+[^\W\d_]*")
# Thai to Burmese, Khmer, and from the radicals on: no spaces, so what is between two is no word
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\uabff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SPELT: Final = re.compile(r"[^\W_]+")
_OPENING: Final = " \"'(*`\u2018\u201c\xbf\xa1"
_SENTENCE_END: Final = re.compile(r"[.!?:;]$")
# every noun has a capital there
_CAPITALISES_NOUNS: Final = "german"


def telling_words(question: str) -> tuple[str, ...]:
    """Those words of the question that a passage about it would have, as `terms.query_words`."""
    found = terms.query_words(_TELLS_NOTHING.sub(" ", question))
    return tuple(word for word in found if _is_word(word))


def _is_word(found: str) -> bool:
    return len(found) >= _LEAST_CHARS and not _UNSPACED.search(found)


@dataclass(frozen=True, slots=True)
class Written:
    """`share` is 1 where all of a question's words are written somewhere, and 0 where a name is
    not, or three other words. `names` and `words` are the names and the other words that are not,
    spelt as they were asked."""

    share: float = 1.0
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def measure(question: str, unwritten: Collection[str]) -> Written:
    """`unwritten` are those of the question's `telling_words` that stand nowhere."""
    named = telling_names(question)
    lost = sum(NAME if form in named else WORD for form in unwritten)
    spelt: dict[str, str] = {}
    for word, _ in _spelt(question):
        for form in terms.words().analyze(word):
            spelt.setdefault(form, word)
    missing = {form: word for form, word in spelt.items() if form in unwritten}
    return Written(
        max(1.0 - lost, 0.0),
        tuple(word for form, word in missing.items() if form in named),
        tuple(word for form, word in missing.items() if form not in named),
    )


@lru_cache(maxsize=64)
def telling_names(question: str) -> frozenset[str]:
    """Those of the telling words that are names."""
    return names(question).intersection(telling_words(question))


def names(question: str) -> frozenset[str]:
    """Words that are written as names are, in the form of `telling_words`.

    With a capital inside a sentence, or a capital or a digit inside the word, but no amounts.
    None where capitals say nothing: in a question that has them on every word.
    """
    found = list(_spelt(question))
    if all(word[0].isupper() for word, _ in found if word[0].isalpha()):
        return frozenset()
    plain = languages.language_of(question) == _CAPITALISES_NOUNS
    named = (word for word, first in found if _is_name(word, plain=plain or first))
    return frozenset(form for word in named for form in terms.words().analyze(word))


def _spelt(question: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether it begins a sentence."""
    for found in _SPELT.finditer(question):
        before = question[: found.start()].rstrip(_OPENING)
        yield found[0], not before or bool(_SENTENCE_END.search(before))


def _is_name(word: str, *, plain: bool) -> bool:
    """`plain`: a capital at its start says nothing."""
    inside = any(one.isupper() or one.isdigit() for one in word[1:])
    return not _AMOUNT.fullmatch(word) and (inside or (word[0].isupper() and not plain))
