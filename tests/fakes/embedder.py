"""A deterministic embedder for tests whose subject is not the model."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from knowledge.providers import Vectors


class WordEmbedder:
    """Texts that share words are similar; every text that was embedded is remembered.

    `before_batch` runs before each batch, for tests that interfere at that moment.
    """

    recipe = "words@1"
    dimensions = 64

    def __init__(self, before_batch: Callable[[], object] = lambda: None) -> None:
        self.embedded: list[str] = []
        self.before_batch = before_batch

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.before_batch()
        self.embedded += texts
        return np.stack([self._vector(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimensions, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            digest = hashlib.sha256(word.strip(".,?!:;>").encode()).digest()
            vector[digest[0] % self.dimensions] += 1
        return vector / np.linalg.norm(vector)
