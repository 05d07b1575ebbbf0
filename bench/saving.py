"""From saving an article to *searchable*, as the time to embed it plus overhead.

`python -m bench.saving [--articles N]` lets a worker run in this process on a throwaway database,
saves N articles one after the other, and prints one JSON object of medians:

- `embed_ms`: the embedder alone on the same texts in the same batches, in the same run;
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
from typing import Any

from bench.database import throwaway_database

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
    embedder().embed_documents(["warm up"])
    worker = Worker(embedder=embedder())
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        saved = [save(workspace, text()) for _ in range(articles)]
    finally:
        worker.stop.set()
        running.join()
    total = statistics.median(saved) * 1000
    alone = statistics.median(embed_alone(text()) for _ in range(articles)) * 1000
    return {
        "embed_ms": round(alone),
        "searchable_ms": round(total),
        "overhead_ms": round(total - alone),
        "ratio": round(total / alone, 2),
    }


def text() -> str:
    """An article that shares no passage with any other."""
    sections = []
    for number in range(SECTIONS):
        words = f"This is sentence {uuid.uuid4()} about a port and a host. " * SENTENCES
        sections.append(f"## Section {number}\n\n{words}")
    return "\n\n".join(sections)


def save(workspace: Any, content: str) -> float:
    """Seconds until the article is searchable."""
    from knowledge.editing import create_article
    from knowledge.models import Article

    started = time.perf_counter()
    article = create_article(workspace=workspace, author=None, title="A", content=content)
    while Article.objects.filter(pk=article.pk, pending=True).exists():
        if time.perf_counter() - started > PATIENCE_SECONDS:
            sys.exit("an article was not indexed")
        time.sleep(0.005)
    return time.perf_counter() - started


def embed_alone(content: str) -> float:
    """Seconds that the embedder takes for the article's passages, batched as indexing does."""
    from django.conf import settings

    from knowledge.chunking import chunk
    from knowledge.providers import embedder

    pieces = chunk(content, title="A", max_chars=settings.CHUNK_MAX_CHARS)
    inputs = sorted((piece.embedding_input for piece in pieces), key=len)
    started = time.perf_counter()
    for first in range(0, len(inputs), settings.EMBED_BATCH):
        embedder().embed_documents(inputs[first : first + settings.EMBED_BATCH])
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
