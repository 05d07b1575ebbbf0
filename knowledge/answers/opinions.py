"""What the bundled models think of a sentence and its source, where words do not decide.

They run here and cost nothing but time, so a check is given so many seconds; what is not judged
by then has no opinion. Hosted models are not asked: a check must not cost money or wait for one.
"""

import time
from collections.abc import Sequence
from typing import Final

from knowledge import providers
from knowledge.answers.checking import Opinion
from knowledge.search.calibration import Logistic

SECONDS: Final = 0.4
SAME: Final = Logistic(slope=30.0, midpoint=0.74)
"""How likely two texts say the same, by their cosine."""


def opinion() -> Opinion | None:
    """The opinion that this site's checks may have: none where its embedder is a hosted one."""
    from knowledge.providers.local import LocalEmbedder

    bundled = providers.embedder().recipe == LocalEmbedder.recipe
    return bundled_opinion() if bundled else None


def bundled_opinion(*, seconds: float = SECONDS) -> Opinion:
    """Opinions of the bundled embedder, as many as can be had in `seconds`."""

    def judge(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        deadline = time.monotonic() + seconds
        return [_same(pair, deadline) for pair in pairs]

    return judge


def _same(pair: tuple[str, str], deadline: float) -> float | None:
    from knowledge.providers.local import LocalEmbedder

    if time.monotonic() >= deadline or not all(pair):
        return None
    one, other = LocalEmbedder().embed_documents(pair)
    return SAME(float(one @ other))
