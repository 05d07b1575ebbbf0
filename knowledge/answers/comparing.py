"""A sentence of an answer beside what the passages it cites have of it. Pure.

Words, numbers, names and denials are compared, no meaning. What comes of it is decided in
`checking`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from knowledge.answers.facts import Facts, facts_of
from knowledge.answers.numbers import KnownNumbers
from knowledge.answers.statements import Statement, passage_statements
from knowledge.answers.words import content_stems, opposites

SAME_WORDS: Final = 0.5
"""From this share on, one sentence that denies and one that does not contradict each other."""
WINDOW: Final = 3
WORTH_A_SENTENCE: Final = 0.12
"""A further sentence of the source must add this share."""
_NOISE: Final = 1e-9


class Source(Protocol):
    """A passage that an answer may cite; `start` is where its text begins in its article."""

    @property
    def n(self) -> int: ...
    @property
    def breadcrumb(self) -> Sequence[str]: ...
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Support:
    """The sentence of passage `n` that bears a claim out: characters of the article's source."""

    n: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A statement beside what its sources have of it."""

    statement: Statement
    matches: tuple["Match", ...]
    share: float
    contradicted: bool
    """A number or a name is nowhere in the sources, or one denies what the other says."""
    elsewhere: bool
    """A number or identifier is in the sources, but not where the rest is; or a word that may be
    a name is nowhere in them."""


@dataclass(frozen=True, slots=True)
class Match:
    """The neighbouring statements of a passage that share most with a statement."""

    source: "PassageFacts"
    first: int
    last: int
    stems: frozenset[str]

    @property
    def text(self) -> str:
        held = self.source.statements[self.first : self.last + 1]
        return " ".join(statement.text for statement in held)

    @property
    def surroundings(self) -> str:
        """The headings, and the match with the statements next to it."""
        held = self.source.statements[max(0, self.first - 1) : self.last + 2]
        return " ".join([self.source.headings, *(statement.text for statement in held)])

    def support(self) -> Iterator[Support]:
        start = self.source.start
        for statement in self.source.statements[self.first : self.last + 1]:
            yield Support(self.source.n, start + statement.start, start + statement.end)


class PassageFacts:
    """What a passage says, taken apart once for all sentences that cite it."""

    def __init__(self, passage: Source) -> None:
        self.n = passage.n
        self.start = passage.start
        self.statements = passage_statements(passage.text)
        self.facts = [facts_of(one.text, one.codes) for one in self.statements]
        self.anchors = [one.anchors for one in self.facts]
        headings = self.headings = " ".join(passage.breadcrumb)
        self.heading_stems = content_stems(headings)
        self.whole = _spelt(f"{headings} {passage.text}")
        self.stems = frozenset().union(self.heading_stems, *(one.stems for one in self.facts))
        self.numbers = KnownNumbers(f"{headings} {passage.text}")

    def best(self, claim: Facts) -> Match:
        """The one to three neighbouring statements with most of the claim's anchors."""
        wanted, named = claim.anchors, claim.stems & self.heading_stems
        best, best_score = Match(self, 0, -1, named), 0.0
        for first, anchors in enumerate(self.anchors):
            held = wanted & anchors
            if not held:
                continue
            for last in range(first, min(first + WINDOW, len(self.anchors))):
                held = held | (wanted & self.anchors[last])
                score = len(held) / len(wanted) - WORTH_A_SENTENCE * (last - first)
                if score > best_score + _NOISE:
                    best, best_score = Match(self, first, last, held & claim.stems | named), score
        return best


def compare(statement: Statement, cited: Sequence[PassageFacts]) -> Compared:
    claim = facts_of(statement.text, statement.codes)
    matches = tuple(source.best(claim) for source in cited)
    held = frozenset().union(*(match.stems for match in matches))
    share = len(held) / len(claim.stems) if claim.stems else float(bool(matches))
    return Compared(
        statement=statement,
        matches=matches,
        share=share,
        contradicted=_contradicted(claim, matches, share),
        elsewhere=_elsewhere(claim, matches),
    )


def _contradicted(claim: Facts, matches: Sequence[Match], share: float) -> bool:
    sources = [match.source for match in matches]
    if any(not _has_number(number, sources) for number in claim.numbers):
        return True
    if any(not _has_name(name, sources) for name in claim.names):
        return True
    return share >= SAME_WORDS and all(_denied(claim, match) for match in matches)


def _elsewhere(claim: Facts, matches: Sequence[Match]) -> bool:
    sources = [match.source for match in matches]
    if any(not _has_name(name, sources) for name in claim.proper):
        return True
    near = " ".join(match.surroundings for match in matches)
    spelt, known = _spelt(near), KnownNumbers(near)
    return any(number not in known for number in claim.numbers) or any(
        _spelt(name) not in spelt for name in claim.names
    )


def _has_number(number: tuple[str, str], sources: Sequence[PassageFacts]) -> bool:
    return any(number in source.numbers for source in sources)


def _has_name(name: str, sources: Sequence[PassageFacts]) -> bool:
    spelt = _spelt(name)
    stems = content_stems(name)
    return any(spelt in source.whole or bool(stems and stems <= source.stems) for source in sources)


def _denied(claim: Facts, match: Match) -> bool:
    """Whether one of the two denies and the other does not, or one has the other's opposite."""
    held = match.source.facts[match.first : match.last + 1]
    words = frozenset().union(*(one.words for one in held))
    turned = any(opposites(word) & words and word not in words for word in claim.words)
    denials = sum(one.negations for one in held)
    return bool(held) and (turned or bool(claim.negations) != bool(denials))


def _spelt(text: str) -> str:
    return re.sub(r"[\s`*]+", " ", text.casefold()).strip()
