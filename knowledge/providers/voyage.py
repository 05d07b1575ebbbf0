"""Voyage AI: hosted embeddings and reranking through the `voyageai` client.

The base URL is settable (`VOYAGE_BASE_URL`; else the client picks by the key: MongoDB's endpoint
for keys that begin with `al-`). Retrying is decided here because the client's own pauses know
no deadline. What the service says in an error is never repeated: it can quote the input.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from django.conf import settings
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
)
from voyageai import error as voyage_errors
from voyageai.client import Client
from voyageai.object import EmbeddingsObject, RerankingObject

from knowledge.providers import BudgetExceeded, ProviderError, Vectors
from knowledge.providers.backoff import ATTEMPTS, pause, retry_after

logger = logging.getLogger(__name__)
# at DEBUG the client logs whole requests, article text included
logging.getLogger("voyage").setLevel(logging.WARNING)

T = TypeVar("T")

DIMENSIONS = 1024
RESIZABLE = ("voyage-3-large", "voyage-3.5", "voyage-4", "voyage-code-3")
"""Beginnings of the models that accept `output_dimension` (docs.voyageai.com, text embeddings);
the others, voyage-3 among them, refuse it."""
_RECIPE = f"-{DIMENSIONS}@1"
CONNECT_SECONDS = 3.0
DOCUMENT_PATIENCE = 4
"""Times EMBED_TIMEOUT_MS that a batch of documents may take in all: nobody waits for it."""

TRANSIENT = (
    voyage_errors.RateLimitError,
    voyage_errors.ServiceUnavailableError,
    voyage_errors.ServerError,
    voyage_errors.APIConnectionError,
    voyage_errors.Timeout,
)


class VoyageEmbedder:
    """Embeddings of 1024 dimensions, told apart by `input_type` as documents and queries."""

    dimensions = DIMENSIONS

    def __init__(self, model: str = "") -> None:
        self._model = model or settings.VOYAGE_EMBED_MODEL
        self.recipe = f"{self._model}{_RECIPE}"

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 1024), asked for in batches of EMBED_BATCH."""
        size = settings.EMBED_BATCH
        patience = DOCUMENT_PATIENCE * settings.EMBED_TIMEOUT_MS / 1000
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for first in range(0, len(texts), size):
            batch = list(texts[first : first + size])
            vectors[first : first + size] = self._embed(batch, "document", patience)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (1024,), within EMBED_TIMEOUT_MS, retries included."""
        vectors: Vectors = self._embed([text], "query", settings.EMBED_TIMEOUT_MS / 1000)[0]
        return vectors

    def _embed(self, texts: list[str], input_type: str, patience: float) -> Vectors:
        def request(client: Client) -> EmbeddingsObject:
            return client.embed(
                _sendable(texts),
                model=self._model,
                input_type=input_type,
                truncation=True,
                output_dimension=DIMENSIONS if self._model.startswith(RESIZABLE) else None,
            )

        with _translated("embedding"):
            return _unit(_patiently(request, patience).embeddings, len(texts))


class VoyageReranker:
    """Relevance as Voyage scores it: already 0..1, so it needs no calibration."""

    hosted = True
    max_tokens = None

    def __init__(self) -> None:
        self._model = settings.VOYAGE_RERANK_MODEL
        self.recipe = f"{self._model}@1"

    def rerank(self, query: str, texts: Sequence[str], *, deadline: float) -> list[float]:
        """One relevance per text. The time left until `deadline` is the request's time-out."""
        patience = deadline - time.monotonic()
        if patience <= 0:
            raise BudgetExceeded

        def request(client: Client) -> RerankingObject:
            return client.rerank(query, _sendable(texts), model=self._model, truncation=True)

        with _translated("reranking", timeout=BudgetExceeded):
            results = _patiently(request, patience).results
            scores = {result.index: float(result.relevance_score) for result in results}
            return [min(1.0, max(0.0, scores[position])) for position in range(len(texts))]


def model_of(recipe: str) -> str:
    """The Voyage model behind an embedder's recipe; "" for a recipe of another kind."""
    return recipe.removesuffix(_RECIPE) if recipe.endswith(_RECIPE) else ""


def _sendable(texts: Sequence[str]) -> list[str]:
    """The service refuses an empty text."""
    return [text or " " for text in texts]


def _patiently(request: Callable[[Client], T], patience: float) -> T:
    """Call the service, again where that can help, for at most `patience` seconds in all."""
    ends = time.monotonic() + patience
    retrying = Retrying(
        retry=retry_if_exception_type(TRANSIENT),
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(patience),
        wait=pause,
        reraise=True,
    )
    return retrying(lambda: request(_client(ends - time.monotonic())))


def _client(seconds: float) -> Client:
    """A client is a few attributes; the connections behind it are kept per thread."""
    read = max(0.001, min(seconds, settings.EMBED_TIMEOUT_MS / 1000))
    timeout: Any = (min(read, CONNECT_SECONDS), read)  # typed float, handed to requests as it is
    return Client(
        api_key=settings.VOYAGE_API_KEY,
        base_url=settings.VOYAGE_BASE_URL or None,
        timeout=timeout,
    )


def _unit(embeddings: Sequence[Sequence[float]], count: int) -> Vectors:
    """Float32 unit vectors of (count, DIMENSIONS). Raises ValueError for anything else."""
    vectors = np.asarray(embeddings, dtype=np.float32)
    if vectors.shape != (count, DIMENSIONS):
        raise ValueError("unexpected shape")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise ValueError("not vectors with a direction")
    unit: Vectors = vectors / lengths
    return unit


@contextmanager
def _translated(work: str, *, timeout: type[Exception] | None = None) -> Iterator[None]:
    """The client's errors as ours, without their texts; `timeout` replaces a time-out's error."""
    try:
        yield
    except voyage_errors.Timeout as error:
        raise (timeout() if timeout else _failure(work, error)) from None
    except (voyage_errors.VoyageError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise _failure(work, error) from None


def _failure(work: str, error: Exception) -> ProviderError:
    status = getattr(error, "http_status", None)
    logger.warning("Voyage %s failed: %s, status %s", work, type(error).__name__, status)
    match error:
        case voyage_errors.RateLimitError():
            message = f"The {work} service is busy."
            return ProviderError(message, "busy", pause=retry_after(error))
        case voyage_errors.Timeout():
            return ProviderError(f"The {work} service took too long.", "model_timeout")
        case voyage_errors.InvalidRequestError() | voyage_errors.MalformedRequestError():
            return ProviderError(f"The {work} service refused the request.", "internal")
        case voyage_errors.AuthenticationError():
            return ProviderError(f"The {work} service refused VOYAGE_API_KEY.", "model_unavailable")
        case voyage_errors.VoyageError():
            return ProviderError(f"The {work} service cannot be reached.", "model_unavailable")
        case _:
            return ProviderError(f"The {work} service gave an unusable answer.", "internal")
