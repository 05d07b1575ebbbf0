"""How text and questions become search terms: English prose, plain words, exact labels.

A question never reaches a query parser: it is cut into words here, and queries are built from
those. What is done with the words is `term_index.py`.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

MAX_WORDS: Final = 32
MAX_WORD_CHARS: Final = 64
_MAX_LABEL_WORDS: Final = 4
_LABEL_GAP: Final = re.compile(r"[\s_-]+")
_ASKING: Final = """
    about all also am any been can could did do does doing for from get had has have having he her
    here him his how i its itself just let like me more most my need our out over own she should so
    some than them through too up us want we were what when where which while who whom why would
    you your
"""
"""What tantivy's list of English function words leaves in a question."""


def _builder() -> TextAnalyzerBuilder:
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(MAX_WORD_CHARS))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
    )


@cache
def prose() -> TextAnalyzer:
    """English: `Caching` and `cached` are one term."""
    return _builder().filter(Filter.stemmer("english")).build()


@cache
def words() -> TextAnalyzer:
    """Words as they are spelt, for finding a misspelt one."""
    return _builder().build()


@cache
def _telling_words() -> TextAnalyzer:
    telling = _builder().filter(Filter.stopword("english"))
    return telling.filter(Filter.custom_stopword(_ASKING.split())).build()


@lru_cache(maxsize=64)
def query_words(question: str) -> tuple[str, ...]:
    """The question's words in order, each once, at most `MAX_WORDS`.

    Without English function words, which cost 0.03 to 0.06 nDCG@10 (docs/measurements.md). A
    question of nothing else keeps them.
    """
    found = _telling_words().analyze(question) or words().analyze(question)
    return tuple(dict.fromkeys(found))[:MAX_WORDS]


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The term that `prose` makes of one word."""
    return (prose().analyze(word) or [word])[0]


def label(text: str) -> str:
    """A tag as it is compared with the question: `App-Router` equals `app router`."""
    return _LABEL_GAP.sub(" ", text.casefold()).strip()


def label_phrases(question: str) -> list[str]:
    """Every run of up to four words of the question, as a label could be written."""
    spelt = [part.strip("?!.,;:()[]{}\"'`") for part in label(question).split()][:MAX_WORDS]
    return list(dict.fromkeys(filter(None, _runs(spelt))))


def _runs(parts: list[str]) -> Iterator[str]:
    for first in range(len(parts)):
        for last in range(first + 1, min(first + _MAX_LABEL_WORDS, len(parts)) + 1):
            yield " ".join(parts[first:last])
