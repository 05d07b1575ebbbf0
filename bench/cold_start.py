"""From the start of a web process to its first search, with the vectors' bare reading beside it.

`python -m bench.cold_start [--chunks N]` fills a throwaway database with random passages (default:
50,000), starts a real web server on it with the bundled models, asks until it is answered, and
prints one JSON object:

- `first_search_s`: to the first answer with sources; `whole_s`: to the first by words, too;
- `cpu_s`: the process's processor time until then, which a busy machine stretches less;
- `warming_s`: when it first said *warming up*; absent where it never had to;
- `import_s`: starting Python and importing the site, which no index can shorten;
- `floor_s`: reading all vectors from MongoDB in this process and nothing else; `ratio`: the first
  search without the import, over this.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any

from bench import retrieval
from bench.database import throwaway_database
from bench.live import cpu_seconds
from bench.server import Reply, get, web_process

PAUSE, GIVE_UP = 0.1, 300.0
BY_MEANING = "Only the meaning of the question"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=50_000)
    chunks = parser.parse_args().chunks
    with throwaway_database():
        from knowledge.providers.local import LocalEmbedder

        retrieval.RandomEmbedder.recipe = LocalEmbedder.recipe
        retrieval.fill(chunks)
        # random vectors are near to nothing: let whatever is nearest count as an answer
        result = measure(CONFIDENCE_WEAK="0", CONFIDENCE_STRONG="0")
    print(json.dumps({"bench": "cold_start", "chunks": chunks, **result}))


def measure(**settings: str) -> dict[str, Any]:
    imported, floor = import_seconds(), read_seconds()
    started, result = time.perf_counter(), dict[str, Any]()
    with web_process(**settings) as server:
        for number in range(10_000):
            reply = get(f"/w/bench/?q=question+{number}")
            now = round(time.perf_counter() - started, 2)
            note(result, reply, now, server.pid)
            if "whole_s" in result or now > GIVE_UP:
                break
            time.sleep(PAUSE)
    first = result.get("first_search_s", GIVE_UP)
    return result | {
        "import_s": round(imported, 2),
        "floor_s": round(floor, 2),
        "ratio": round((first - imported) / floor, 1),
    }


def note(result: dict[str, Any], reply: Reply, now: float, pid: int) -> None:
    """Write down what happened for the first time."""
    if reply.status == 503:
        result.setdefault("warming_s", now)
    if reply.status == 200 and "source-1" in reply.body:
        result.setdefault("first_search_s", now)
        result.setdefault("cpu_s", round(cpu_seconds(pid), 2))
        if BY_MEANING not in reply.body:
            result.setdefault("whole_s", now)


def import_seconds() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import kbsite.asgi"], check=True, env=os.environ)
    return time.perf_counter() - started


def read_seconds() -> float:
    from kbsite import mongo

    started = time.perf_counter()
    for _ in mongo.chunks().find({}, ["embedding"], batch_size=10_000):
        pass
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
