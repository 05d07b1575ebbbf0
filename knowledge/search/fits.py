"""The fits in force: the shipped ones, overridden by what this site fitted and keeps in MongoDB.

Every process looks again after a few seconds, so that a calibration or its reset takes effect
everywhere without a restart. What a fit is, and those shipped, are in `calibration.py`.
"""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kbsite import mongo
from kbsite.documents import Document
from knowledge.search.calibration import SHIPPED, SIGNALS, Fit, Fits

logger = logging.getLogger(__name__)

FORMAT: Final = 1
"""Of a stored document; another one is not read."""
_PREFIX: Final = "calibration:"
_LOOKED_AT_EVERY_SECONDS: Final = 5.0

_read: tuple[float, Fits] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A fit of this site's own; `about` is what is shown of it, and searches never look at."""

    fit: Fit
    about: Document


def running() -> Fits:
    """What relevance is computed by now; at most some seconds behind the database."""
    global _read
    found = _read  # another thread may forget it meanwhile
    if found is None or time.monotonic() - found[0] > _LOOKED_AT_EVERY_SECONDS:
        own = {key: one.fit for key, one in stored().items()}
        _read = found = (time.monotonic(), {**SHIPPED, **own})
    return found[1]


def stored() -> dict[str, Stored]:
    """This site's own by key, as the database holds them now."""
    return dict(_readable())


def store(key: str, fit: Fit, about: Document) -> None:
    """Let this fit override the shipped one; `about` is what is shown of it."""
    document = {
        "format": FORMAT,
        "weights": dict(fit.weights),
        "bias": fit.bias,
        "about": about,
    }
    mongo.site_settings().replace_one({"_id": f"{_PREFIX}{key}"}, document, upsert=True)
    forget()


def reset(key: str) -> bool:
    """Back to the shipped fit; whether there was another."""
    gone = mongo.site_settings().delete_one({"_id": f"{_PREFIX}{key}"}).deleted_count
    forget()
    return bool(gone)


def forget() -> None:
    """Look at the database again with the next search of this process."""
    global _read
    _read = None


def _readable() -> Iterator[tuple[str, Stored]]:
    for document in mongo.site_settings().find({"_id": {"$regex": f"^{_PREFIX}"}}):
        key = str(document["_id"]).removeprefix(_PREFIX)
        try:
            yield key, Stored(_fit(document), document.get("about", {}))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            logger.warning("calibration of %s is not readable: %s", key, type(error).__name__)


def _fit(document: Document) -> Fit:
    if document["format"] != FORMAT:
        raise ValueError("another format")
    weights = {str(name): float(weight) for name, weight in document["weights"].items()}
    bias = float(document["bias"])
    if weights.keys() - set(SIGNALS) or not all(map(math.isfinite, [bias, *weights.values()])):
        raise ValueError("not a fit over these signals")
    return Fit(weights, bias)
