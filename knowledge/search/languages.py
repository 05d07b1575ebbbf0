"""Which language a question is in, as far as its function words tell; and what knows only English.

Told by tantivy's own lists of function words, by accents and by Spanish marks, and only where they
outnumber the English ones by two: a question that is wrongly taken for foreign loses the models.
Of 1,080 questions on six manuals that took 8 of 126 Spanish ones for English, and none of 954
English ones for foreign; the language detectors on PyPI (lingua, py3langid) took a tenth of short
English questions, which name products and errors, for German or Dutch.
Pure.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

ENGLISH: Final = "english"
OTHER: Final = "other"
"""A language that is written in other letters than English is."""
# a tie goes to the one that more people speak
_OTHERS: Final = (
    "spanish", "french", "german", "portuguese", "russian", "italian", "dutch", "swedish",
    "hungarian", "danish", "norwegian", "finnish",
)  # fmt: skip
_QUESTION_WORDS: Final = """
    about all also am any been can could did do does doing for from get had has have having he her
    here him his how i its itself just let like me more most my need our out over own she should so
    some than them through too up us want we were what when where which while who whom why would
    you your
"""
QUESTION_WORDS: Final = frozenset(_QUESTION_WORDS.split())
"""What tantivy's list of English function words leaves in a question."""
_LATIN_END: Final = 0x250
"""The first character after Unicode's blocks of Latin letters."""

_LEAD: Final = 2
_SPANISH_MARKS: Final = frozenset("¿¡")

KNOWS_ONLY_ENGLISH: Final = frozenset({"bge-small-en-v1.5-int8@1", "ms-marco-MiniLM-L12-v2-int8@1"})
"""Recipes of models that were trained on English alone: the bundled ones."""


@lru_cache(maxsize=64)
def language_of(question: str) -> str:
    """tantivy's name of the language; English where nothing tells, `OTHER` where letters do."""
    words = _words().analyze(question)
    counts = {one: len(words) - len(_without(one).analyze(question)) for one in _OTHERS}
    best = max(counts, key=lambda one: counts[one])
    if _SPANISH_MARKS.intersection(question):
        return "spanish"
    if counts[best] and counts[best] + _accented(words) >= _english(words) + _LEAD:
        return best
    return OTHER if _is_foreign(question) else ENGLISH


def understands(recipe: str, question: str) -> bool:
    """Whether the model was trained on the question's language."""
    return recipe not in KNOWS_ONLY_ENGLISH or language_of(question) == ENGLISH


def has_function_words(language: str) -> bool:
    """Whether there is a list of them; English has one of its own, in `terms.py`."""
    return language in _OTHERS


def _english(words: Sequence[str]) -> int:
    return sum(word in QUESTION_WORDS or not _without(ENGLISH).analyze(word) for word in words)


def _accented(words: Sequence[str]) -> int:
    return sum(not word.isascii() for word in words)


def _is_foreign(question: str) -> bool:
    letters = [one for one in question if one.isalpha()]
    return sum(ord(one) >= _LATIN_END for one in letters) > len(letters) / 2


@cache
def _words() -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).build()


@cache
def _without(language: str) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase())
    return builder.filter(Filter.stopword(language)).build()
