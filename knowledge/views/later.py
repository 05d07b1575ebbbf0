"""What the page of a search says when it cannot be done at this moment, but can be soon.

The page then asks again by itself, a few times: each time its address counts one more. A refusal
that is for good is said by the template of failures.
"""

from dataclasses import dataclass
from typing import Final, Self

from django.http import HttpRequest

from accounts.throttling import TooMany, in_words
from knowledge.providers import Busy, WarmingUp

MOST: Final = 5
"""How often a page asks by itself; then its reader decides."""


@dataclass(frozen=True, slots=True)
class Later:
    """What to say, and, unless it was enough, the number of the next time that the page asks."""

    title: str
    message: str
    seconds: int
    asks_again: int | None

    @classmethod
    def of(cls, busy: Busy, request: HttpRequest) -> Self:
        warming = isinstance(busy, WarmingUp)
        asked = _number(request.GET.get("again", ""))
        return cls(
            title="The search is warming up." if warming else "The knowledge base is busy.",
            message=str(busy),
            seconds=busy.retry_after,
            asks_again=asked + 1 if asked < MOST else None,
        )

    @classmethod
    def too_many(cls, error: TooMany) -> Self:
        """Asking by itself would only count as more; its reader decides."""
        return cls(
            title="You asked very many questions.",
            message=(
                "This one was not searched for. It is kept: ask it again in "
                f"{in_words(error.wait)}."
            ),
            seconds=error.wait,
            asks_again=None,
        )


def _number(written: str) -> int:
    """What the address says; nonsense is as good as having asked often enough."""
    if not written:
        return 0
    return int(written) if written.isdecimal() and len(written) < len("100") else MOST
