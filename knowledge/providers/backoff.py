"""When a failed call to a hosted model is tried again, and after how long a pause."""

import random
from collections.abc import Mapping

from tenacity import RetryCallState

ATTEMPTS = 3
FIRST_PAUSE = 0.5
"""Seconds; doubled after each attempt."""


def pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: what the server asked for, else exponential with jitter.

    To be used with `stop_before_delay`, which gives up instead of sleeping past its limit.
    """
    error = state.outcome.exception() if state.outcome else None
    asked = retry_after(error)
    if asked is not None:
        return asked
    return FIRST_PAUSE * 2.0 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25)  # noqa: S311


def retry_after(error: BaseException | None) -> float | None:
    """The server's Retry-After in seconds; None where absent or given as a date."""
    headers: Mapping[str, str] = getattr(getattr(error, "response", error), "headers", {})
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
