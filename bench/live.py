"""Open badge streams on one process: what each takes of memory, and how soon the last one knows.

`python -m bench.live [--streams N]` starts a web server on a throwaway database, opens N streams
(default: 500, each of a person of its own), changes an article's state a number of times, and
prints one JSON object:

- `kb_per_stream`: the server's resident memory with all streams open, less that with one, over N;
- `last_ms`, `floor_ms`: from a write to the last stream's event, and to a bare change stream's in
  this process, measured for the same writes; medians;
- `last_ratio`: the one over the other;
- `cpu_seconds_idle`: processor time of the server in ten seconds in which nothing happens.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.database import throwaway_database

PORT = 8731
WRITES = 20
IDLE_SECONDS = 10
START_SECONDS = 90


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=500)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4_096, 4_096))
    with throwaway_database(), web_server() as server:
        result = asyncio.run(measure(server.pid, *prepared(options.streams)))
        print(json.dumps({"bench": "live", "streams": options.streams, **result}))


@contextmanager
def web_server() -> Iterator[subprocess.Popen[bytes]]:
    arguments = ["-m", "uvicorn", "kbsite.asgi:application", "--port", str(PORT), "--no-access-log"]
    with subprocess.Popen([sys.executable, *arguments], stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def prepared(streams: int) -> tuple[Any, list[str]]:
    """An indexed article, and a session for each of as many members of its workspace."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User
    from knowledge.editing import create_article
    from knowledge.models import Article, Membership, Role, Workspace

    workspace = Workspace.objects.create(slug="bench", name="Bench")
    article = create_article(workspace=workspace, author=None, title="A", content="text")
    Article.objects.update(status="published", pending=False, indexed_revision=1)
    keys = []
    for number in range(streams):
        user = User.objects.create(username=f"u{number}", username_key=f"u{number}")
        Membership.objects.create(workspace=workspace, user=user, role=Role.EDITOR)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "accounts.backends.UsernameOrEmailBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key or "")
    return article.pk, keys


async def measure(pid: int, article_id: Any, keys: list[str]) -> dict[str, float]:
    await until_served()
    first = await opened(article_id, keys[0])
    await asyncio.sleep(3)
    before = memory_kb(pid)
    readers = [first]
    for start in range(1, len(keys), 20):
        some = keys[start : start + 20]
        readers += await asyncio.gather(*(opened(article_id, key) for key in some))
    await asyncio.sleep(3)
    taken = memory_kb(pid) - before
    cpu = cpu_seconds(pid)
    await asyncio.sleep(IDLE_SECONDS)
    idle = cpu_seconds(pid) - cpu
    last, floor = await delays(article_id, readers)
    return {
        "kb_per_stream": round(taken / (len(keys) - 1), 1),
        "server_mb": round(memory_kb(pid) / 1024),
        "last_ms": round(last, 1),
        "floor_ms": round(floor, 1),
        "last_ratio": round(last / floor, 1),
        "cpu_seconds_idle": round(idle, 2),
    }


async def until_served() -> None:
    for _ in range(START_SECONDS * 10):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    sys.exit("the web server did not start")


async def opened(article_id: Any, key: str) -> asyncio.StreamReader:
    """A stream that has been told how things are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    reader.writer = writer  # type: ignore[attr-defined]  # it lives as long as its reader
    writer.write(
        f"GET /w/bench/live?article={article_id} HTTP/1.0\r\nHost: localhost\r\n"
        f"Cookie: session={key}\r\n\r\n".encode()
    )
    await reader.readuntil(b"event: reset\n")
    await reader.readuntil(b"\n\n")
    return reader


async def delays(article_id: Any, readers: list[asyncio.StreamReader]) -> tuple[float, float]:
    """Milliseconds from a write to the last of the readers, and to a bare change stream."""
    from kbsite import mongo

    last, floor = [], []
    articles = mongo.async_articles()
    async with await articles.watch([{"$project": {"documentKey": 1}}]) as bare:
        for number in range(WRITES):
            told = [asyncio.create_task(reader.readuntil(b"event: state\n")) for reader in readers]
            seen = asyncio.create_task(moment_of_next(bare))
            await asyncio.sleep(0.3)
            written = time.perf_counter()
            await articles.update_one({"_id": article_id}, {"$set": {"chunks_done": number + 1}})
            await asyncio.gather(*told)
            last.append(time.perf_counter() - written)
            floor.append(await seen - written)
    await mongo.close_async_client()
    return statistics.median(last) * 1000, statistics.median(floor) * 1000


async def moment_of_next(stream: Any) -> float:
    await stream.next()
    return time.perf_counter()


def memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def cpu_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
