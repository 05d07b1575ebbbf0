"""What a model is to the rest of the product, and which models this site uses.

Three protocols (`Embedder`, `Reranker`, `Answerer`), the errors they raise, and the choice made
from the settings. One module each talks to a model: `local` (offline), `voyage`, `openai`; they
are imported when first needed, so that a site without keys never loads a client library. The
answerer without a language model quotes the sources and lives in `knowledge.answers.extractive`.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol, TypeAlias

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
ErrorCode = Literal["busy", "model_unavailable", "model_timeout", "too_long", "internal"]


class ProviderError(Exception):
    """A model did not do its work.

    The message is for people and never quotes what the provider said, because that can hold
    the text that was sent. `code` is one of the codes of the `error` event, `pause` the
    seconds that the provider asked to be left alone for.
    """

    def __init__(self, message: str, code: ErrorCode, *, pause: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.pause = pause


class Busy(ProviderError):
    """Not now: the same can be asked again in `retry_after` seconds, and nothing is broken."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, "busy")
        self.retry_after = retry_after


class WarmingUp(Busy):
    """What is needed is being made ready since the process started."""


class BudgetExceeded(Exception):
    """The reranker cannot finish by the deadline; the order before it is to be kept.

    `scores` are of the texts in their order, None for those that it did not come to.
    """

    def __init__(self, scores: Sequence[float | None] = ()) -> None:
        super().__init__()
        self.scores = scores


class Embedder(Protocol):
    """Texts as unit vectors. `recipe` changes whenever the vectors of a text would."""

    recipe: str
    dimensions: int

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimensions), unit length. Raises `ProviderError`."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """One vector of shape (dimensions,), unit length. Raises `ProviderError`."""
        ...


class Reranker(Protocol):
    """How relevant each text is to a query. `hosted`: its scores need no calibration."""

    recipe: str
    hosted: bool

    @property
    def max_tokens(self) -> int | None:
        """What it reads of query and text together; None where that is its server's choice.

        With another recipe or another `max_tokens`, scores are others.
        """
        ...

    def rerank(self, query: str, texts: Sequence[str], *, deadline: float) -> list[float]:
        """One relevance, 0..1, per text, in the order given; `deadline` is `time.monotonic()`.

        Raises `BudgetExceeded` when it cannot finish in time, `ProviderError` when it is down.
        """
        ...


@dataclass(frozen=True, slots=True)
class PromptPassage:
    """A numbered source as the model sees it; `relevance`, 0..1, is for those that choose."""

    n: int
    breadcrumb: tuple[str, ...]
    text: str
    relevance: float = 1.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked: two ready messages, and the parts that they were made from."""

    system: str
    user: str
    question: str
    passages: tuple[PromptPassage, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that an answer cost, as its server counted them."""

    prompt_tokens: int
    completion_tokens: int


class Answerer(Protocol):
    """Writes an answer piece by piece. `model` is "extractive" or the chat model's name."""

    model: str

    def stream(self, prompt: Prompt) -> AsyncGenerator[str | Usage, None]:
        """Pieces of text, then `Usage` where known. Closing it cancels the request.

        Raises `ProviderError`, before the first piece or after any.
        """
        ...


@cache
def embedder() -> Embedder:
    """The site's embedder: Voyage's where a key is set, else the bundled one."""
    if settings.VOYAGE_API_KEY:
        from knowledge.providers.voyage import VoyageEmbedder

        return VoyageEmbedder()
    from knowledge.providers.local import LocalEmbedder

    return LocalEmbedder()


def embedder_of(recipe: str) -> Embedder:
    """The embedder whose vectors have this recipe, configured or not.

    Raises `ProviderError` where there can be none: its key is missing, or no version of this
    product that is installed knows it.
    """
    configured = embedder()
    return configured if configured.recipe == recipe else _other_embedder(recipe)


@cache
def _other_embedder(recipe: str) -> Embedder:
    from knowledge.providers.local import LocalEmbedder

    if recipe == LocalEmbedder.recipe:
        return LocalEmbedder()
    if settings.VOYAGE_API_KEY:
        from knowledge.providers.voyage import VoyageEmbedder, model_of

        if model := model_of(recipe):
            return VoyageEmbedder(model)
    raise ProviderError(
        f"No model here makes vectors of {recipe}. Set its key again, or name an installed recipe.",
        "model_unavailable",
    )


@cache
def reranker() -> Reranker | None:
    """The site's reranker: Voyage's where a key is set, else the bundled one."""
    if settings.VOYAGE_API_KEY:
        from knowledge.providers.voyage import VoyageReranker

        return VoyageReranker()
    from knowledge.providers.local import LocalReranker

    return LocalReranker()


@cache
def chat_answerer() -> Answerer | None:
    """The language model, where a key or a base URL is set; None means the extractive one."""
    if not (settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL):
        return None
    from knowledge.providers.openai import ChatAnswerer

    return ChatAnswerer()


def warm(embedding: Embedder | None = None) -> None:
    """Import and load what the first question would wait for: a second or two, in a thread.

    `embedding` embeds it; the configured embedder unless said otherwise. Hosted models are not
    called: a start costs nothing and needs no network.
    """
    from knowledge.providers import local

    reranker()
    chat_answerer()
    if isinstance(embedding or embedder(), local.LocalEmbedder):
        local.load_embedder()
    if not settings.VOYAGE_API_KEY:
        local.load_reranker()
