"""Does an answer say what the passages it cites say? A verdict on each sentence, and where. Pure.

Whoever wrote the answer, it is checked the same way, after it is complete. A sentence is compared
with the one to three neighbouring sentences of each cited passage that share most with it, under
the passage's headings. Its numbers and names must be there, and it must not deny what they say.
Only where words alone do not decide, `opinion` is asked, which is a model's (`opinions`).

- *supported*: the passages say so; `support` says where.
- *weak*: in part, or in other words that nothing here understands.
- *unsupported*: they do not, or say otherwise.

A sentence without a citation is covered by the next one of its paragraph; with none there, it is
unsupported. Headings, questions, sentences that only lead over to the next, and those that say
that the passages hold no answer get no verdict: they claim nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from knowledge.answers.comparing import Compared, PassageFacts, Source, Support, compare
from knowledge.answers.refusals import is_refusal
from knowledge.answers.statements import Statement, answer_statements
from knowledge.answers.words import content_stems

Verdict = Literal["supported", "weak", "unsupported"]
Opinion = Callable[[Sequence[tuple[str, str]]], Sequence[float | None]]
"""Of pairs (sentence, its source's words): how likely, 0..1, they say the same, or None."""

ENOUGH: Final = 0.5
"""Share of a sentence's content words that its source must have for words alone to support it."""
TOO_LITTLE: Final = 0.25
"""Under this share, words alone refuse it."""
LIKELY: Final = 0.6
UNLIKELY: Final = 0.3
"""Between the shares a model decides: at least LIKELY supports, under UNLIKELY refuses."""
MAX_STATEMENTS: Final = 1_000
"""Of longer answers the rest has no verdict."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer that claims something: its characters, its citations, its verdict."""

    start: int
    end: int
    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    support: tuple[Support, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What an answer claims, in order."""

    claims: tuple[Claim, ...] = ()

    def count(self, verdict: Verdict) -> int:
        return sum(claim.verdict == verdict for claim in self.claims)

    def verdicts(self) -> list[dict[str, Any]]:
        """The claims as the `done` event has them."""
        return [
            {"start": c.start, "end": c.end, "citations": list(c.citations), "verdict": c.verdict}
            for c in self.claims
        ]

    def support(self) -> list[dict[str, int]]:
        """What bears them out, as the `done` event has it; `claim` is the verdict's place."""
        return [
            {"n": one.n, "start": one.start, "end": one.end, "claim": number}
            for number, claim in enumerate(self.claims)
            for one in claim.support
        ]


def check_answer(
    *, text: str, passages: Iterable[Source], opinion: Opinion | None = None
) -> Checked:
    """Every claim of an answer's Markdown, checked against the passages it cites."""
    sources = {passage.n: PassageFacts(passage) for passage in passages}
    statements = answer_statements(text, retrieved=sources)[:MAX_STATEMENTS]
    found = [
        compare(statement, [sources[n] for n in cited])
        for statement, cited in _with_citations(statements)
        if not _claims_nothing(statement)
    ]
    return Checked(tuple(_judged(found, opinion)))


def _with_citations(
    statements: Sequence[Statement],
) -> Iterator[tuple[Statement, tuple[int, ...]]]:
    """Each statement with its own citations, or those of the next in its paragraph."""
    found: list[tuple[Statement, tuple[int, ...]]] = []
    following: tuple[int, ...] = ()
    block = -1
    for statement in reversed(statements):
        following = following if statement.block == block else ()
        following, block = statement.citations or following, statement.block
        found.append((statement, following))
    return reversed(found)


def _claims_nothing(statement: Statement) -> bool:
    if statement.kind in ("heading", "code") or statement.text.endswith(("?", "\uff1f", "\u061f")):
        return True
    if not content_stems(statement.text) and not statement.codes:
        return True
    if not statement.citations and statement.text.endswith((":", "\uff1a")):
        return True
    # what cites a source claims that it says so, in whatever words
    return not statement.citations and is_refusal(statement.text)


def _judged(found: Sequence[Compared], opinion: Opinion | None) -> Iterator[Claim]:
    verdicts = [_by_words(one) for one in found]
    undecided = [one for one, verdict in zip(found, verdicts, strict=True) if verdict is None]
    views = iter(_views(undecided, opinion))
    for one, verdict in zip(found, verdicts, strict=True):
        yield _claim(one, verdict or _by_opinion(next(views)))


def _views(undecided: Sequence[Compared], opinion: Opinion | None) -> Sequence[float | None]:
    if opinion is None or not undecided:
        return [None] * len(undecided)
    return opinion(
        [(one.statement.text, " ".join(m.text for m in one.matches)) for one in undecided]
    )


def _claim(one: Compared, verdict: Verdict) -> Claim:
    backed = () if verdict == "unsupported" else one.matches
    return Claim(
        start=one.statement.start,
        end=one.statement.end,
        text=one.statement.text,
        citations=one.statement.citations,
        verdict=verdict,
        support=tuple(support for match in backed for support in match.support()),
    )


def _by_words(one: Compared) -> Verdict | None:
    """The verdict of words alone, where they suffice."""
    if one.contradicted or one.share < TOO_LITTLE:
        return "unsupported"
    if one.share >= ENOUGH:
        return "weak" if one.elsewhere else "supported"
    return None


def _by_opinion(view: float | None) -> Verdict:
    if view is None or UNLIKELY <= view < LIKELY:
        return "weak"
    return "supported" if view >= LIKELY else "unsupported"
