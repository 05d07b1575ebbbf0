"""How often something may be tried, counted in MongoDB, so that all processes count together.

A try is counted before it is made: many at once cannot all slip through. What is counted is a
digest of the key, so that the counters name nobody.
"""

import atexit
import hashlib
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from itertools import islice
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MongoDBStorage
from limits.strategies import MovingWindowRateLimiter

from kbsite import mongo

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class TooMany(Exception):
    """Tried too often; it can be tried again in `wait` seconds, and was not tried now."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many tries. Try again in {in_words(wait)}.")
        self.wait = wait


@dataclass(frozen=True)
class Rule:
    """What is counted, and the most of it per number of seconds, shortest first; all hold."""

    name: str
    most: tuple[tuple[int, int], ...]

    @property
    def items(self) -> list[RateLimitItem]:
        return [RateLimitItemPerSecond(amount, seconds, self.name) for amount, seconds in self.most]


def count(rule: Rule, key: object) -> None:
    """Count one try of `key`. Raises `TooMany` where that is more than the rule allows.

    What is refused counts for nothing, in no window: nobody is kept out longer by trying in vain.
    """
    limiter, digest = _limiter(), _digest(key)
    full = [item for item in rule.items if not limiter.test(item, digest)]
    if not full:
        # many at once may have found room: whom the shortest refuses, no longer one may count
        refusing = (item for item in rule.items if not _hit(limiter, item, digest))
        full = list(islice(refusing, 1))
    if full:
        raise TooMany(max(_wait(limiter, item, digest) for item in full))


def forget(rule: Rule, key: object) -> None:
    """Begin counting `key` anew."""
    for item in rule.items:
        _limiter().clear(item, _digest(key))


def say_too_many(response: HttpResponse, error: TooMany | None) -> HttpResponse:
    """The page that shows the error, with the status and the header for it; else as it is."""
    if error:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response["Retry-After"] = str(error.wait)
    return response


def in_words(seconds: int) -> str:
    """`90` as `2 minutes`: whole units, rounded up."""
    for size, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds > size:
            return f"{math.ceil(seconds / size)} {unit}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, digest: str) -> bool:
    """Whether there was room; of two first tries at once the storage refuses one, wrongly."""
    return limiter.hit(item, digest) or (limiter.test(item, digest) and limiter.hit(item, digest))


def _wait(limiter: MovingWindowRateLimiter, item: RateLimitItem, digest: str) -> int:
    return max(1, math.ceil(limiter.get_window_stats(item, digest).reset_time - time.time()))


def _limiter() -> MovingWindowRateLimiter:
    return _limiter_of(settings.MONGODB_URI, mongo.database().name)


@lru_cache(maxsize=1)
def _limiter_of(uri: str, database: str) -> MovingWindowRateLimiter:
    """With a client of its own, which is the one that `kbsite/mongo.py` does not open."""
    storage = MongoDBStorage(
        uri,
        database_name=database,
        counter_collection_name="rate_counters",
        window_collection_name="rate_windows",
        serverSelectionTimeoutMS=5_000,
    )
    return MovingWindowRateLimiter(storage)


# the storage closes its client when it is thrown away: at the interpreter's very end that waits
# for a thread which can start no more
atexit.register(_limiter_of.cache_clear)


def _digest(key: object) -> str:
    return hashlib.sha256(str(key).encode(errors="surrogatepass")).hexdigest()
