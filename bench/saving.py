"""From saving an article to *searchable*, as the time to embed it plus overhead.

`python -m bench.saving [--articles N]` lets a worker run in this process on a throwaway database,
saves N articles one after the other, and prints one JSON object of medians:

- `embed_ms`: of it, the time that the embedder itself takes;
- `searchable_ms`: from before the save until the article says that search finds it;
- `overhead_ms`: the difference; `ratio`: the one over the other.
"""

import argparse
import json
import statistics
import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, cast

from bench.database import throwaway_database

if TYPE_CHECKING:
    from knowledge.providers import Embedder

SECTIONS = 12
SENTENCES = 3
PATIENCE_SECONDS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10)
    options = parser.parse_args()
    with throwaway_database():
        print(json.dumps({"bench": "saving", "sections": SECTIONS, **measure(options.articles)}))


def measure(articles: int) -> dict[str, float]:
    from knowledge.models import Workspace
    from knowledge.providers import embedder
    from knowledge.worker import Worker

    workspace = Workspace.objects.create(slug="bench", name="Bench")
    timed = Timed(embedder())
    timed.embed_documents(["warm up"])
    timed.taken()
    worker = Worker(embedder=cast("Embedder", timed))
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        saved = [(save(workspace, text()), timed.taken()) for _ in range(articles)]
    finally:
        worker.stop.set()
        running.join()
    total, alone = (statistics.median(times) * 1000 for times in zip(*saved, strict=True))
    return {
        "embed_ms": round(alone),
        "searchable_ms": round(total),
        "overhead_ms": round(total - alone),
        "ratio": round(total / alone, 2),
    }


class Timed:
    """An embedder that adds up how long it was at work."""

    def __init__(self, embedder: "Embedder") -> None:
        self._embedder = embedder
        self._seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_documents(self, texts: list[str]) -> Any:
        started = time.perf_counter()
        try:
            return self._embedder.embed_documents(texts)
        finally:
            self._seconds += time.perf_counter() - started

    def taken(self) -> float:
        """Seconds since this was asked last."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds


def text() -> str:
    """An article that shares no passage with any other."""
    sections = []
    for number in range(SECTIONS):
        words = f"This is sentence {uuid.uuid4()} about a port and a host. " * SENTENCES
        sections.append(f"## Section {number}\n\n{words}")
    return "\n\n".join(sections)


def save(workspace: Any, content: str) -> float:
    """Seconds until the article is searchable."""
    from kbsite import mongo
    from knowledge.editing import create_article

    started = time.perf_counter()
    title = uuid.uuid4().hex  # a title that others have costs a try for each of them
    article = create_article(workspace=workspace, author=None, title=title, content=content)
    while mongo.articles().find_one({"_id": article.pk, "pending": True}, {"_id": 1}):
        if time.perf_counter() - started > PATIENCE_SECONDS:
            sys.exit("an article was not indexed")
        time.sleep(0.02)  # asking more often takes the processor from the embedder
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
