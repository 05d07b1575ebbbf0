"""Answers without a language model: the sentences of the passages that say most about the question.

Pure but for being a coroutine. A sentence counts for the question's words that it has, rarer
words for more; the words of its section's headings count by half, because a sentence leaves
unsaid what its heading says. More relevant passages count for more, and higher ones and earlier
sentences win ties. Sentences are
whole, are not reworded, and each ends with its `[n]`.
"""

import asyncio
import math
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from py_rust_stemmers import SnowballStemmer

from knowledge.answers.sentences import Sentence, sentences
from knowledge.function_words import FUNCTION_WORDS
from knowledge.providers import Prompt, PromptPassage, Usage

MODEL: Final = "extractive"
MAX_SENTENCES: Final = 3
WORTH_ADDING: Final = 0.6
"""A further sentence must score at least this share of the best one."""
TOO_SIMILAR: Final = 0.6
"""Share of common words from which a sentence only repeats a chosen one."""
LENGTHS: Final = range(15, 400)
"""Characters: shorter ones are labels, longer ones are hard to read in an answer."""
RANK_DECAY: Final = 0.85

_WORD: Final = re.compile(r"\w+(?:[.'\u2019-]\w+)*")
FULL_STOPS: Final = ".\u3002\u0964"
DROPPED_ENDS: Final = FULL_STOPS + ":\uff1a "
OTHER_ENDS: Final = tuple("!?\u2026\uff01\uff1f\u061f")
_stemmer: Final = SnowballStemmer("english")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be shown: the `position`-th of passage `n`, and how good it is.

    `form` says how well it reads alone, `overlap` what it has of the question's words; both 0..1.
    """

    n: int
    position: int
    sentence: Sentence
    stems: frozenset[str]
    form: float
    overlap: float
    score: float


class ExtractiveAnswerer:
    """An `Answerer` that needs no key and no network."""

    model = MODEL

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        """The chosen sentences, one at a time."""
        chosen = await asyncio.to_thread(extract, prompt.question, prompt.passages)
        for index, sentence in enumerate(chosen):
            yield sentence if index == 0 else f" {sentence}"


def extract(question: str, passages: Sequence[PromptPassage]) -> list[str]:
    """One to three cited sentences for the question; none only where there are no passages."""
    if not passages:
        return []
    candidates = _candidates(question, passages)
    if not candidates:
        return [_pointer(passages[0])]
    chosen = _with_continuation(_choose(candidates), candidates)
    return [_cited(c.sentence.text, c.n) for c in sorted(chosen, key=lambda c: (c.n, c.position))]


def _candidates(question: str, passages: Sequence[PromptPassage]) -> list[Candidate]:
    split = {passage.n: sentences(passage.text) for passage in passages}
    asked = _stems(question)
    weights = _weights(asked, [_stems(s.plain) for found in split.values() for s in found])
    return [
        _candidate(passage, rank, position, sentence, weights)
        for rank, passage in enumerate(passages)
        for position, sentence in enumerate(split[passage.n])
    ]


def _candidate(
    passage: PromptPassage, rank: int, position: int, sentence: Sentence, weights: dict[str, float]
) -> Candidate:
    stems = _stems(sentence.plain)
    headings = _stems(" ".join(passage.breadcrumb)) - stems
    overlap = sum(weight for stem, weight in weights.items() if stem in stems)
    overhead = sum(weight for stem, weight in weights.items() if stem in headings)
    form = _form(sentence)
    standing = passage.relevance * RANK_DECAY**rank / (1 + 0.03 * position)
    score = (0.1 + overlap + overhead / 2) * form * standing
    return Candidate(passage.n, position, sentence, stems, form, overlap, score)


def _form(sentence: Sentence) -> float:
    fits = 1.0 if len(sentence.plain) in LENGTHS else 0.3
    return fits * (0.4 if sentence.introduces else 1.0)


def _weights(asked: frozenset[str], found: Sequence[frozenset[str]]) -> dict[str, float]:
    """What each word of the question is worth, summing up to 1: rare words are worth more."""
    frequency = Counter(stem for stems in found for stem in stems & asked)
    raw = {stem: math.log(1 + (len(found) + 1) / (1 + frequency[stem])) for stem in asked}
    total = sum(raw.values()) or 1.0
    return {stem: value / total for stem, value in raw.items()}


def _choose(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The best, and at most two more that are nearly as good and say something else."""
    best_first = sorted(candidates, key=lambda c: (-c.score, c.n, c.position))
    chosen: list[Candidate] = []
    for candidate in best_first:
        if len(chosen) == MAX_SENTENCES or candidate.score < WORTH_ADDING * best_first[0].score:
            break
        news = not any(_repeats(candidate, other) for other in chosen)
        if news and (candidate.overlap or not chosen):
            chosen.append(candidate)
    return chosen


def _with_continuation(chosen: list[Candidate], candidates: list[Candidate]) -> list[Candidate]:
    """A single sentence is often the premise of the next one, so that one comes along."""
    if len(chosen) > 1:
        return chosen
    return chosen + [c for c in candidates if c.form == 1 and _continues(c, chosen[0])]


def _continues(one: Candidate, other: Candidate) -> bool:
    together = (one.n, one.sentence.block) == (other.n, other.sentence.block)
    return together and one.position == other.position + 1


def _repeats(one: Candidate, other: Candidate) -> bool:
    smaller = min(len(one.stems), len(other.stems)) or 1
    return len(one.stems & other.stems) / smaller >= TOO_SIMILAR


def _cited(text: str, n: int) -> str:
    """`Text [1].`: the number stands before a full stop, and after any other mark."""
    if text.endswith(OTHER_ENDS):
        return f"{text} [{n}]"
    stop = text[-1] if text.endswith(tuple(FULL_STOPS)) else "."
    return f"{text.rstrip(DROPPED_ENDS)} [{n}]{stop}"


def _pointer(passage: PromptPassage) -> str:
    """Where to look, for passages that hold only code or tables."""
    return f"See “{' > '.join(passage.breadcrumb)}” [{passage.n}]."


def _stems(text: str) -> frozenset[str]:
    words = (word for word in _WORD.findall(text.casefold()) if word not in FUNCTION_WORDS)
    return frozenset(_stem(word) for word in words)


@lru_cache(maxsize=10_000)
def _stem(word: str) -> str:
    return str(_stemmer.stem_word(word))
