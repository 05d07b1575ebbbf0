"""What asking takes with everything on: one asker, many at once, and too many.

`python -m bench.asking [--chunks N]` fills a throwaway database with random passages (default:
10,000), uses the bundled models, and prints one JSON object. In this process, each question new:

- `passages_ms`: median to `passages`; `models_ms`: of that, embedding and reranking; `ratio`;
- `again_ms`: the same questions once more; `without_reranking_ms`: without a reranker;
- `reranked`: share of the questions that the reranker finished in time.

On a real web server, askers of different questions that come at the same moment:

- `serial_s`: median of a page's search when nobody else asks;
- `askers`: for each number n of them, p50, p95 and the slowest in seconds, `of_work` (the slowest
  over n times `serial_s`: 1 is in line with the work, less is better), `slowest_over_median`, and
  `healthz_p99_s` meanwhile;
- `too_many`: of 100 askers, the share told 503, all of them with Retry-After.
"""

import argparse
import json
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bench import retrieval
from bench.database import throwaway_database
from bench.retrieval import text
from bench.server import Reply, get, web_process

QUESTIONS, SERIAL, TOO_MANY = 40, 8, 100
PING_SECONDS, START_SECONDS = 0.05, 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--askers", nargs="+", type=int, default=[1, 2, 4, 8, 16, 32])
    options = parser.parse_args()
    with throwaway_database():
        from knowledge.providers.local import LocalEmbedder

        retrieval.RandomEmbedder.recipe = LocalEmbedder.recipe
        workspace_id = retrieval.fill(options.chunks)
        result = alone(workspace_id) | together(options.askers)
    print(json.dumps({"bench": "asking", "chunks": options.chunks, **result}))


def alone(workspace_id: str) -> dict[str, float]:
    from knowledge import providers
    from knowledge.access import Scope
    from knowledge.search import remembered, running
    from knowledge.search.retrieve import Retrieval, retrieve

    scope = Scope(frozenset({(workspace_id, "public")}))
    providers.warm()

    def ask(questions: list[str]) -> list[Retrieval]:
        return [retrieve(question=question, scope=scope) for question in questions]

    def median(found: list[Retrieval], *stages: str) -> float:
        return statistics.median(
            sum(one.timings_ms.get(stage, 0) for stage in stages) for one in found
        )

    questions = [text(8) for _ in range(QUESTIONS)]
    ask([text(8)])
    new, again = ask(questions), ask(questions)
    remembered.forget()
    with patch.object(providers, "reranker", lambda: None):
        plain = ask(questions)
    running.stop_engine()
    passages, models = median(new, "total"), median(new, "embed", "rerank")
    return {
        "passages_ms": round(passages, 1),
        "models_ms": round(models, 1),
        "ratio": round(passages / models, 2),
        "again_ms": round(median(again, "total"), 1),
        "without_reranking_ms": round(median(plain, "total"), 1),
        "reranked": sum(not one.degraded for one in new) / len(new),
    }


def together(numbers: list[int]) -> dict[str, Any]:
    with web_process():
        until_ready()
        serial = statistics.median(ask().seconds for _ in range(SERIAL))
        askers = {str(number): at_once(number, serial) for number in numbers}
        replies = asked_at_once(TOO_MANY)
    refused = [reply for reply in replies if reply.status == 503]
    return {
        "serial_s": round(serial, 3),
        "askers": askers,
        "too_many": {
            "share_503": len(refused) / len(replies),
            "with_retry_after": sum(bool(reply.retry_after) for reply in refused),
            "others": sorted({reply.status for reply in replies} - {503}),
        },
    }


def at_once(number: int, serial: float) -> dict[str, float]:
    with pinging() as pings:
        seconds = sorted(reply.seconds for reply in asked_at_once(number))
    middle, slowest = statistics.median(seconds), seconds[-1]
    return {
        "p50_s": round(middle, 3),
        "p95_s": round(seconds[int(0.95 * (number - 1))], 3),
        "slowest_s": round(slowest, 3),
        "of_work": round(slowest / (number * serial), 2),
        "slowest_over_median": round(slowest / middle, 2),
        "healthz_p99_s": round(sorted(pings)[int(0.99 * (len(pings) - 1))], 3),
    }


def asked_at_once(number: int) -> list[Reply]:
    with ThreadPoolExecutor(number) as pool:
        return [task.result() for task in [pool.submit(ask) for _ in range(number)]]


def ask() -> Reply:
    return get("/w/bench/?q=" + text(8).replace(" ", "+"))


@contextmanager
def pinging() -> Iterator[list[float]]:
    """How long each look at /healthz took meanwhile."""
    ended, taken = threading.Event(), [get("/healthz").seconds]

    def ping() -> None:
        while not ended.wait(PING_SECONDS):
            taken.append(get("/healthz").seconds)

    thread = threading.Thread(target=ping)
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()


def until_ready() -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        health = get("/healthz")
        if health.status == 200 and json.loads(health.body)["search"]["state"] == "ready":
            return
        time.sleep(0.2)
    raise TimeoutError("the web process did not become ready")


if __name__ == "__main__":
    main()
