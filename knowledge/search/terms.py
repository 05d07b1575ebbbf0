"""How text and questions become search terms: English prose, plain words, exact labels.

A question never reaches a query parser: it is cut into words here, and queries are built from
those. What is done with the words is `term_index.py`.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from knowledge.search import languages

MAX_WORDS: Final = 32
MAX_WORD_CHARS: Final = 64
_MAX_LABEL_WORDS: Final = 4
_LABEL_GAP: Final = re.compile(r"[\s_-]+")


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
def _telling_words(language: str) -> TextAnalyzer:
    if not languages.has_function_words(language):
        telling = _builder().filter(Filter.stopword("english"))
        return telling.filter(Filter.custom_stopword(sorted(languages.QUESTION_WORDS))).build()
    accented = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase())
    telling = accented.filter(Filter.stopword(language)).filter(Filter.remove_long(MAX_WORD_CHARS))
    # once more: the lists lack some question words (`cómo`) that are others without the accent
    return telling.filter(Filter.ascii_fold()).filter(Filter.stopword(language)).build()


@lru_cache(maxsize=64)
def query_words(question: str) -> tuple[str, ...]:
    """The question's words in order, each once, at most `MAX_WORDS`.

    Without the function words of its language, which cost 0.03 to 0.06 nDCG@10 in English
    (docs/measurements.md). A question of nothing else keeps them.
    """
    telling = _telling_words(languages.language_of(question))
    found = telling.analyze(question) or words().analyze(question)
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
