"""The least that a search of this kind can cost: tantivy, NumPy and MongoDB, used bare.

No scope, no filters, no typing errors, no fusion: one BM25 query over articles, one product of a
matrix with a vector, one read of twenty documents by id.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from bson import ObjectId
from numpy.typing import NDArray
from pymongo.collection import Collection
from tantivy import Document, Index, SchemaBuilder

ARTICLES, CHUNKS, READ = 30, 50, 20


def bare_search(
    texts: Iterable[str], matrix: NDArray[np.float32], chunks: Collection[Any]
) -> Callable[[str, NDArray[np.float32]], None]:
    """A function of a question and its vector that does the three things, one after another."""
    index = _index(texts)
    searcher = index.searcher()
    ids = [found["_id"] for found in chunks.find({}, {"_id": 1})]

    def search(question: str, vector: NDArray[np.float32]) -> None:
        searcher.search(index.parse_query(question, ["text"]), ARTICLES, count=False)
        cosines = matrix @ vector
        nearest = np.argpartition(cosines, -CHUNKS)[-CHUNKS:]
        nearest[np.argsort(-cosines[nearest])]
        _read(chunks, [ids[row % len(ids)] for row in nearest[:READ]])

    return search


def _read(chunks: Collection[Any], ids: Sequence[ObjectId]) -> list[Any]:
    return list(chunks.find({"_id": {"$in": list(ids)}}, {"embedding": 0}))


def _index(texts: Iterable[str]) -> Index:
    schema = SchemaBuilder().add_text_field("text", tokenizer_name="en_stem").build()
    index = Index(schema)
    writer = index.writer(64_000_000, 1)
    for text in texts:
        writer.add_document(Document(text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index
