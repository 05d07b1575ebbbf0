"""What the models said before: query vectors and rerank scores, so that nothing is paid twice.

Keyed by what a model was given, word for word, and by its recipe: whoever gets a score from here
holds the passage that it is about, so nothing passes from one scope to another (T1). Kept in this
process's memory alone: about 2 MB of vectors and 4 MB of scores when full.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Final, Generic, TypeVar

from knowledge import providers
from knowledge.providers import BudgetExceeded, Reranker, Vectors

_VECTORS: Final = 512
_SCORES: Final = 20_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """The `most` values that were used last. Safe in any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()


_vectors: Memory[bytes, Vectors] = Memory(_VECTORS)
_scores: Memory[bytes, float] = Memory(_SCORES)
# The bundled reranker keeps every core busy: a second one at once would make both late. Its time
# runs from its turn on, or only the first of many askers would ever have anything reranked.
_bundled = threading.Lock()


def query_vector(recipe: str, question: str) -> Vectors:
    """The question's unit vector, shape (d,), by the recipe's embedder. Raises `ProviderError`."""
    key = _key(recipe, question)
    vector = _vectors.get(key)
    if vector is None:
        vector = providers.embedder_of(recipe).embed_query(question)
        vector.flags.writeable = False
        _vectors.put(key, vector)
    return vector


def relevances(
    reranker: Reranker, question: str, texts: Sequence[str], *, seconds: float
) -> list[float]:
    """One relevance, 0..1, per text; the model reads, within `seconds`, only what is new to it.

    Raises as `Reranker.rerank` does; what was scored until then is kept for the next time.
    """
    keys = [_key(reranker.recipe, reranker.max_tokens, question, text) for text in texts]
    known = _known(keys)
    if len(known) < len(set(keys)):
        with nullcontext() if reranker.hosted else _bundled:
            known = _known(keys)  # by now, others may have asked the same
            new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            known |= _scored(reranker, question, new, seconds) if new else {}
    return [known[key] for key in keys]


def forget() -> None:
    """Start again with nothing: for measuring, and between tests."""
    _vectors.clear()
    _scores.clear()


def _known(keys: Sequence[bytes]) -> dict[bytes, float]:
    return {key: score for key in keys if (score := _scores.get(key)) is not None}


def _scored(
    reranker: Reranker, question: str, texts: Mapping[bytes, str], seconds: float
) -> dict[bytes, float]:
    deadline = time.monotonic() + seconds
    try:
        scores = reranker.rerank(question, list(texts.values()), deadline=deadline)
    except BudgetExceeded as late:
        _keep(texts, late.scores)
        raise
    return _keep(texts, scores)


def _keep(keys: Iterable[bytes], scores: Sequence[float | None]) -> dict[bytes, float]:
    new = {key: score for key, score in zip(keys, scores, strict=False) if score is not None}
    for key, score in new.items():
        _scores.put(key, score)
    return new


def _key(*given: object) -> bytes:
    return hashlib.sha256(repr(given).encode()).digest()
