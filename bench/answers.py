"""A running site with 10,000 chunks: time to the sources, to the first words, and memory.

`python -m bench.answers [--chunks N] [--questions N]` starts a web process and a worker on a
throwaway database that holds this manual and made-up articles, and prints one JSON object:

- `passages_ms`: from sending the question to the `passages` event, median, in the large workspace;
  `models_ms` is what its embedding and reranking took, and `passages_ratio` the one over the other;
- `first_token_ms`: to the first words of an answer from the manual;
- `web_rss_mb`, `worker_rss_mb`: resident memory afterwards (aims: 700 and 900).
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import retrieval
from bench.database import throwaway_database
from bench.server import UNLIMITED
from tests.browser.live import running, wait_until, web_server

DOCS = Path(__file__).resolve().parent.parent / "docs"
ASKED = [
    "How do I make a backup?",
    "How do I change the port?",
    "What are the rules for passwords?",
    "What happens when two people edit the same article?",
    "Who can see a draft?",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=30)
    options = parser.parse_args()
    with throwaway_database(), ExitStack() as site, tempfile.TemporaryDirectory() as logs:
        fill(options.chunks)
        # the settings that throwaway_database made are in the environment
        worker = site.enter_context(
            running("manage.py", "worker", env={}, log=Path(logs) / "worker.log")
        )
        wait_until(is_indexed, seconds=300, what="the manual to be indexed")
        url = site.enter_context(web_server(env=UNLIMITED, log=Path(logs) / "web.log"))
        measured = measure(url, options.questions)
        measured |= {"web_rss_mb": rss_mb(web_pid(url)), "worker_rss_mb": rss_mb(worker.pid)}
    print(json.dumps({"bench": "answers", "chunks": options.chunks, **measured}))


def fill(count: int) -> None:
    """The manual, to be indexed for real, and made-up chunks that carry the same recipe."""
    from django.core.management import call_command

    from knowledge.providers import embedder

    with Path(os.devnull).open("w") as quiet:
        call_command("import_markdown", DOCS, workspace="help", create=True,
                     visibility="public", stdout=quiet)  # fmt: skip
    retrieval.RandomEmbedder.recipe = embedder().recipe
    retrieval.fill(count)


def is_indexed() -> bool:
    from knowledge.worker import count_pending

    return count_pending() == 0


def measure(url: str, questions: int) -> dict[str, float]:
    list(events(url, "bench", "warm up"))
    wholes, insides = [], []
    for _ in range(questions):
        seconds, found = next(timed(url, "bench", retrieval.text(8)))
        wholes.append(seconds * 1000)
        insides.append(found["timings_ms"].get("embed", 0) + found["timings_ms"].get("rerank", 0))
    firsts = [first_token(url, question) * 1000 for question in ASKED]
    whole, inside = statistics.median(wholes), statistics.median(insides)
    return {
        "passages_ms": round(whole, 1),
        "models_ms": round(inside, 1),
        "passages_ratio": round(whole / inside, 2),
        "first_token_ms": round(statistics.median(firsts), 1),
    }


def first_token(url: str, question: str) -> float:
    return next(s for s, event in timed(url, "help", question) if event["event"] == "token")


def timed(url: str, workspace: str, question: str) -> Iterator[tuple[float, dict[str, Any]]]:
    """Each event with the seconds since the question was sent."""
    started = time.perf_counter()
    for event in events(url, workspace, question):
        yield time.perf_counter() - started, event


def events(url: str, workspace: str, question: str) -> Iterator[dict[str, Any]]:
    request = urllib.request.Request(
        f"{url}/api/v1/workspaces/{workspace}/answers",
        data=json.dumps({"question": question}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        for line in response:
            yield json.loads(line)


def web_pid(url: str) -> int:
    """The process that listens on the URL's port (Linux): the child whose command names it."""
    port = url.rsplit(":", 1)[1]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        words = entry.read_bytes().split(b"\0")
        if port.encode() in words and b"uvicorn" in words:
            return int(entry.parent.name)
    raise LookupError(port)


def rss_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


if __name__ == "__main__":
    main()
