"""Embeddings and relevance from shared words, over Voyage's protocol.

Texts that share words have similar embeddings; a passage's relevance is the share of the query's
words that it holds. Use like `OpenAIServer`: `calls`, `fail`, `delay`, `hold_next`, `release`.
"""

import asyncio
import base64
import hashlib
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.fakes.http import Call, LoopbackServer, send_json

DIMENSIONS = 1024
POSITIONS_PER_WORD = 8


class VoyageServer(LoopbackServer):
    """`POST /v1/embeddings` and `POST /v1/rerank`. Failures are used up."""

    def __init__(self) -> None:
        super().__init__()
        self.dimensions = DIMENSIONS
        self.delay = 0.0
        """Seconds before each answer."""
        self.hold_next = False
        """Hold answers back until `release()`."""
        self.body: dict[str, Any] | None = None
        """Answered instead of what was asked for, for nonsense."""
        self._failures: deque[tuple[int, float | None, str]] = deque()

    @property
    def embedded(self) -> list[str]:
        """Every text that was embedded, in order."""
        calls = [call for call in self.calls if call.path == "/v1/embeddings"]
        return [text for call in calls for text in call.body["input"]]

    def fail(
        self,
        status: int,
        *,
        times: int = 1,
        retry_after: float | None = 0,
        message: str = "It broke.",
    ) -> None:
        """Make the next `times` requests fail."""
        self._failures.extend([(status, retry_after, message)] * times)

    async def respond(self, call: Call, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay)
        if self.hold_next:
            await self.held(call)
        if self._failures:
            status, retry_after, message = self._failures.popleft()
            await send_json(writer, {"detail": message}, status=status, retry_after=retry_after)
        else:
            await send_json(writer, self.body or self._answer(call))

    def _answer(self, call: Call) -> dict[str, Any]:
        data = _relevances(call.body) if call.path == "/v1/rerank" else self._embeddings(call.body)
        usage = {"total_tokens": 1}
        return {"object": "list", "data": data, "model": call.body["model"], "usage": usage}

    def _embeddings(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"object": "embedding", "index": index, "embedding": _packed(text, self.dimensions)}
            for index, text in enumerate(body["input"])
        ]


def _packed(text: str, dimensions: int) -> str:
    """The embedding as the client asks for it: base64 of float32, not of unit length."""
    vector = np.full(dimensions, 0.01, dtype=np.float32)
    for word in _words(text):
        digest = hashlib.sha256(word.encode()).digest()
        for place in np.frombuffer(digest, dtype=np.uint16)[:POSITIONS_PER_WORD]:
            vector[place % dimensions] += 1
    return base64.b64encode(vector.tobytes()).decode()


def _relevances(body: dict[str, Any]) -> list[dict[str, Any]]:
    asked = set(_words(body["query"]))
    scores = [len(asked & set(_words(text))) / max(1, len(asked)) for text in body["documents"]]
    results = [{"index": index, "relevance_score": score} for index, score in enumerate(scores)]
    return sorted(results, key=lambda result: -result["relevance_score"])


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@pytest.fixture
def voyage_server() -> Iterator[VoyageServer]:
    """Fake Voyage; set VOYAGE_API_KEY and VOYAGE_BASE_URL (its `base_url`) to use it."""
    with VoyageServer() as server:
        yield server
