"""Indexing speed, as a ratio to the raw embedder doing the same work in the same run.

`python -m bench.indexing [FOLDER] [--articles N]` imports Markdown (default: `docs/`) into a
throwaway database, drains the worker, and prints one JSON object:

- `throughput_ratio`: chunks/s of import-to-searchable indexing over chunks/s of the embedder
  alone on the same texts in the same batches (goal: at least 0.85);
- `reimport_embedded`: chunks embedded after importing the same folder again (goal: 0);
- `worker_rss_mb`: resident memory of this process, which did the worker's work.
"""

import argparse
import itertools
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.database import throwaway_database

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DOCS)
    parser.add_argument("--articles", type=int, default=60, help="at most so many, evenly spread")
    options = parser.parse_args()
    with throwaway_database(), tempfile.TemporaryDirectory() as sample:
        copied = copy_sample(options.folder, Path(sample), options.articles)
        print(json.dumps({"bench": "indexing", "articles": copied, **measure(Path(sample))}))


def copy_sample(folder: Path, target: Path, count: int) -> int:
    """Copy `count` of the folder's Markdown files, evenly spread, keeping their paths."""
    files = sorted(path for path in folder.rglob("*.md*") if path.is_file())
    chosen = files[:: max(1, -(-len(files) // count))]
    for path in chosen:
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return len(chosen)


def measure(folder: Path) -> dict[str, float]:
    from knowledge.providers import embedder

    embedder().embed_documents(["warm up"])
    chunks, pipeline_seconds = index(folder)
    raw_seconds = embed_raw()
    reembedded, _ = index(folder)
    return {
        "chunks": chunks,
        "chunks_per_s": round(chunks / pipeline_seconds, 2),
        "raw_chunks_per_s": round(chunks / raw_seconds, 2),
        "throughput_ratio": round(raw_seconds / pipeline_seconds, 3),
        "reimport_embedded": reembedded,
        "worker_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def index(folder: Path) -> tuple[int, float]:
    """Import and drain; chunks newly embedded, and the seconds that draining took."""
    from django.core.management import call_command

    from knowledge.providers import embedder
    from knowledge.worker import Worker

    with Path(os.devnull).open("w") as quiet:
        call_command(
            "import_markdown", folder, workspace="bench", create=True, stdout=quiet, stderr=quiet
        )
    started = time.perf_counter()
    done = [indexed for _, indexed in Worker(embedder=embedder()).drain()]
    if None in done:
        sys.exit("some articles failed")
    return sum(i.embedded for i in done if i), time.perf_counter() - started


def embed_raw() -> float:
    """Seconds that the embedder alone takes for the same texts, batched the same way."""
    from knowledge.providers import embedder

    batches = list(stored_batches())
    started = time.perf_counter()
    for batch in batches:
        embedder().embed_documents(batch)
    return time.perf_counter() - started


def stored_batches() -> Iterator[Sequence[str]]:
    """Each article's chunk texts by length, in batches of EMBED_BATCH, as indexing makes them."""
    from django.conf import settings

    from kbsite import mongo

    found = mongo.chunks().find({}, {"breadcrumb": 1, "text": 1, "article_id": 1})
    for _, chunks in itertools.groupby(found.sort("article_id"), key=lambda c: c["article_id"]):
        texts = {" > ".join(c["breadcrumb"]) + "\n" + c["text"] for c in chunks}
        ordered = sorted(texts, key=len)
        for first in range(0, len(ordered), settings.EMBED_BATCH):
            yield ordered[first : first + settings.EMBED_BATCH]


if __name__ == "__main__":
    main()
