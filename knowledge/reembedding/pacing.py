"""How fast a run may ask the embedding model, and how patiently it asks again."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from knowledge.chunking import Chunk
from knowledge.providers import ProviderError

T = TypeVar("T")

CHARS_PER_TOKEN = 4
ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds; doubled after each attempt: about two minutes in all."""
PASSING = ("busy", "model_unavailable", "model_timeout")

Rest = Callable[[float], None]
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many; 0 is no limit."""

    texts_per_second: float = 0
    tokens_per_minute: float = 0

    def seconds(self, texts: int, tokens: int) -> float:
        """How long so much work takes at least; 0 without a limit."""
        by_texts = texts / self.texts_per_second if self.texts_per_second else 0.0
        by_tokens = tokens * 60 / self.tokens_per_minute if self.tokens_per_minute else 0.0
        return max(by_texts, by_tokens)


class Pace:
    """Calls at a rate; `rest` sleeps for seconds, `say` tells a person why nothing happens."""

    def __init__(self, rate: Rate, *, rest: Rest = time.sleep, say: Say = lambda _: None) -> None:
        self._rate, self._rest, self._say = rate, rest, say
        self._free_at = time.monotonic()

    def patiently(self, pieces: Sequence[Chunk], call: Callable[[], T]) -> T:
        """The result of `call`, which embeds these, when it is their turn; tried again for long."""
        if pieces:
            self._rest(max(0.0, self._free_at - time.monotonic()))
        began = time.monotonic()
        retrying = Retrying(
            retry=retry_if_exception(_passes),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_pause,
            sleep=self._rest,
            before_sleep=self._explain,
            reraise=True,
        )
        try:
            return retrying(call)
        finally:
            texts, tokens = len(pieces), sum(map(tokens_of, pieces))
            self._free_at = began + self._rate.seconds(texts, tokens)

    def _explain(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._say(f"{error} Trying again in {state.upcoming_sleep:.0f} s.")


def tokens_of(piece: Chunk) -> int:
    """Near enough: what a token is differs from model to model."""
    return -(-len(piece.embedding_input) // CHARS_PER_TOKEN)


def _passes(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and error.code in PASSING


def _pause(state: RetryCallState) -> float:
    """What the service asked for, else twice as long each time, with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause if isinstance(error, ProviderError) else None
    doubled = FIRST_PAUSE * 2.0 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25)  # noqa: S311
    return max(asked or 0.0, min(doubled, LONGEST_PAUSE))
