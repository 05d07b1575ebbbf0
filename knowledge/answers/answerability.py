"""Does a finished answer say what was asked, or only something about the same subject? Pure.

The last look, for what no score of a passage can refuse: the right page is there and does not say
it. A chat model says so itself; what an answer quotes is looked at for what the question demands,
a number for *how many*, the word itself for *which algorithm*. Measured in docs/measurements.md.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from knowledge.answers.comparing import Source
from knowledge.answers.numbers import KnownNumbers
from knowledge.answers.refusals import is_refusal
from knowledge.answers.statements import Statement, answer_statements
from knowledge.answers.words import content_stems

Answered = Literal["yes", "unsure", "no"]
"""`no` where the answer says itself that its sources do not; `unsure` where they may not."""

NEAR: Final = 0.34
"""Share of a question's words that the sources have, which a sentence with its amount must have."""

_QUANTITY: Final = re.compile(
    r"\b(?:how (?:many|much|long|often|big|large|old|far|fast|soon|frequently)|what percentage"
    r"|at what (?:hour|time)|(?:which|what) (?:port|year|month|day|date|version)"
    r"|cu[aá]nt[oa]s?|cada cu[aá]nto|qu[eé] (?:puerto|a[ñn]o|mes|d[ií]a|versi[oó]n))\b",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(
    r"\d|\b(?:once|twice|every|daily|nightly|hourly|weekly|monthly|yearly|never|always|immediately"
    r"|unlimited|no limit|any number|as many|as long|at once|half|siempre|nunca|cada)\b",
    re.IGNORECASE,
)
_KIND: Final = re.compile(
    r"\bwhich (\w+)|\b(?:what|qu[eé]) (\w+) (?:is|are|does|do|did|has|have|es|son|tiene|usa)\b",
    re.IGNORECASE,
)


def answered(*, question: str, text: str, passages: Sequence[Source]) -> Answered:
    """Whether the answer's Markdown says what was asked."""
    statements = answer_statements(text, retrieved=[passage.n for passage in passages])
    refused = any(is_refusal(one.text) for one in statements if not one.citations)
    claims = [one for one in statements if one.citations]
    if refused:
        return "unsure" if claims else "no"
    cited = {n for one in claims for n in one.citations}
    shown = [passage for passage in passages if passage.n in cited]
    return "yes" if not claims or _addresses(question, claims, shown) else "unsure"


def _addresses(question: str, claims: Sequence[Statement], cited: Sequence[Source]) -> bool:
    held = content_stems(" ".join(map(_whole, cited)))
    known = content_stems(question) & held
    if not known:  # a question in another language: its words tell nothing
        return True
    if _QUANTITY.search(question) and not _has_amount(known, claims):
        return False
    return _names_the_kind(question, held)


def _has_amount(known: frozenset[str], claims: Iterable[Statement]) -> bool:
    """Whether a sentence that has enough words of the question has an amount as well."""
    return any(
        len(known & content_stems(one.text)) / len(known) >= NEAR
        and (_AMOUNT.search(one.text) or KnownNumbers(one.text))
        for one in claims
    )


def _names_the_kind(question: str, held: frozenset[str]) -> bool:
    """Whether the passages have the word for what is asked for: *which algorithm*."""
    kind = _KIND.search(question)
    stems = content_stems(kind[1] or kind[2]) if kind else frozenset()
    return stems <= held


def _whole(passage: Source) -> str:
    return f"{' '.join(passage.breadcrumb)} {passage.text}"
