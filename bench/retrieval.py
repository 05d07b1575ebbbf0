"""Retrieval without the models' time, as a ratio to the bare parts doing the same in the same run.

`python -m bench.retrieval [--chunks N ...]` fills a throwaway database with made-up articles of
ten chunks each and prints one JSON object for each size:

- `ratio`: median of retrieve() over median of `search_floor`, alternating (goal: at most 3);
- `build_s`: from nothing to a searchable workspace; `rss_mb`: what the index added to the process.

Words follow Zipf's law; vectors are random, and a fake embedder gives each question one.
"""

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from bench.database import throwaway_database
from bench.search_floor import bare_search

CHUNKS_PER_ARTICLE, CHUNK_WORDS, VOCABULARY, DIMENSIONS = 10, 120, 30_000, 384
QUESTIONS = 150
_random = random.Random(7)
_numbers = np.random.default_rng(7)
_words = ["".join(_random.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(VOCABULARY)]
_zipf = list(itertools.accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))


class RandomEmbedder:
    """Any text's vector is random: only the time that a search takes is of interest."""

    recipe = "random@1"
    dimensions = DIMENSIONS

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return unit_vectors(1).reshape(DIMENSIONS)

    def embed_documents(self, texts: Any) -> NDArray[np.float32]:
        return unit_vectors(len(texts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", nargs="+", type=int, default=[1_000, 10_000, 50_000])
    sizes = parser.parse_args().chunks
    if len(sizes) == 1:
        with throwaway_database(), without_models():
            print(json.dumps({"bench": "retrieval", "chunks": sizes[0], **measure(sizes[0])}))
        return
    for size in sizes:
        # each in a process of its own, so that no memory is counted twice
        subprocess.run([sys.executable, "-m", "bench.retrieval", "--chunks", str(size)], check=True)


@contextmanager
def without_models() -> Iterator[None]:
    from knowledge import providers

    with (
        patch.object(providers, "embedder", lambda: RandomEmbedder()),
        patch.object(providers, "reranker", lambda: None),
    ):
        yield


def measure(count: int) -> dict[str, float]:
    from knowledge.access import Scope
    from knowledge.search import running
    from knowledge.search.retrieve import retrieve

    scope = Scope(frozenset({(fill(count), "public")}))
    before, started = resident_mb(), time.perf_counter()
    retrieve(question="warm up", scope=scope)
    built, added = time.perf_counter() - started, resident_mb() - before
    bare = bare_search(*parts())
    try:
        ours, floor = compare(lambda question: retrieve(question=question, scope=scope), bare)
    finally:
        running.stop_engine()
    return {
        "retrieve_ms": round(ours, 2),
        "floor_ms": round(floor, 2),
        "ratio": round(ours / floor, 2),
        "build_s": round(built, 2),
        "rss_mb": round(added),
    }


def compare(
    ours: Callable[[str], Any], floor: Callable[[str, NDArray[np.float32]], None]
) -> tuple[float, float]:
    """Median milliseconds of both, each question asked of one right after the other."""
    times: tuple[list[float], list[float]] = ([], [])
    for vector in unit_vectors(QUESTIONS):
        question = " ".join(text(8).split())
        started = time.perf_counter()
        found = ours(question)
        times[0].append((time.perf_counter() - started) * 1000 - found.timings_ms["embed"])
        started = time.perf_counter()
        floor(question, vector)
        times[1].append((time.perf_counter() - started) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


def fill(count: int) -> str:
    """One public workspace of so many chunks, written as the worker would; its id."""
    from kbsite import mongo
    from knowledge.models import Workspace

    workspace = Workspace.objects.create(slug="bench", name="Bench", visibility="public")
    for _ in range(count // CHUNKS_PER_ARTICLE):
        article, revision, chunks = documents(workspace.pk)
        mongo.database()["articles"].insert_one(article)
        mongo.database()["article_revisions"].insert_one(revision)
        mongo.database()["chunks"].insert_many(chunks)
    return str(workspace.pk)


def documents(workspace_id: Any) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    from bson import ObjectId
    from django.utils import timezone

    from kbsite import mongo

    article_id, title = ObjectId(), text(4)
    texts = [text(CHUNK_WORDS) for _ in range(CHUNKS_PER_ARTICLE)]
    shared = {"tags": [], "category": "", "visibility": "public", "status": "published"}
    article = {
        **shared, "_id": article_id, "workspace_id": workspace_id, "title": title, "summary": "",
        "slug": str(article_id), "indexed_revision": 1, "revision": 1, "pending": False,
        # not just now, for a search that finds nothing then waits for the index and looks again
        "indexed_at": timezone.now() - timedelta(hours=1),
        "indexed": {"title": title, "content": "\n".join(texts)},
    }  # fmt: skip
    revision = {"article_id": article_id, "number": 1, "title": title, "content": "\n".join(texts)}
    chunks = [
        {
            **shared, "article_id": article_id, "workspace_id": str(workspace_id),
            "chunk_index": number, "revision": 1, "breadcrumb": [title], "anchor": "",
            "text": body, "start": 0, "end": len(body), "content_hash": "",
            "embedding": mongo.pack_vector(vector), "recipe": RandomEmbedder.recipe,
        }
        for number, (body, vector) in enumerate(
            zip(texts, unit_vectors(len(texts)), strict=True)
        )
    ]  # fmt: skip
    return article, revision, chunks


def parts() -> tuple[Iterator[str], NDArray[np.float32], Any]:
    """What the floor searches: the same articles, the same vectors, the same collection."""
    from kbsite import mongo

    found = mongo.database()["article_revisions"].find({}, {"title": 1, "content": 1})
    vectors = [mongo.unpack_vector(c["embedding"]) for c in mongo.chunks().find({}, ["embedding"])]
    texts = (f"{one['title']} {one['content']}" for one in found)
    return texts, np.stack(vectors), mongo.chunks()


def text(words: int) -> str:
    return " ".join(_random.choices(_words, cum_weights=_zipf, k=words))


def unit_vectors(count: int) -> NDArray[np.float32]:
    vectors = _numbers.normal(size=(count, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def resident_mb() -> float:
    """This process's resident memory now (Linux)."""
    status = Path("/proc/self/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


if __name__ == "__main__":
    main()
