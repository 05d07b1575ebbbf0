"""What the supervisor says of a site that starts, without starting one."""

import asyncio
from collections.abc import Iterator

import pytest

from kbsite import supervisor
from kbsite.environment import Environment
from kbsite.supervisor import Supervisor

Lines = list[str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Lines:
    lines: Lines = []
    monkeypatch.setattr(supervisor, "say", lambda _, text: lines.append(text))
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.0)
    return lines


def announce(monkeypatch: pytest.MonkeyPatch, problems: Iterator[str]) -> None:
    monkeypatch.setattr(supervisor, "_health_problem", lambda _: next(problems))

    async def main() -> None:
        site = Supervisor(Environment(), None)
        await asyncio.gather(site._announce(), site._started.wait())

    asyncio.run(main())


def test_a_healthy_site_is_announced_once(monkeypatch: pytest.MonkeyPatch, said: Lines) -> None:
    announce(monkeypatch, iter(["starting", ""]))
    assert said == ["http://127.0.0.1:8000/ is ready; Ctrl-C stops it"]


def test_a_slow_site_is_called_ready_only_when_it_is(
    monkeypatch: pytest.MonkeyPatch, said: Lines
) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE_SECONDS", -1.0)
    so_far: list[Lines] = []

    def problems() -> Iterator[str]:
        for problem in ("no database", "still none", ""):
            so_far.append(said.copy())
            yield problem

    announce(monkeypatch, problems())
    slow = "not healthy yet: no database"
    assert so_far == [[], [slow], [slow]]
    assert said == [slow, "http://127.0.0.1:8000/ is ready; Ctrl-C stops it"]


def test_the_worker_of_a_site_that_never_gets_healthy_is_started(
    monkeypatch: pytest.MonkeyPatch, said: Lines
) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr(supervisor, "_health_problem", lambda _: "no database")

    async def main() -> None:
        site = Supervisor(Environment(), None)
        announcing = asyncio.create_task(site._announce())
        await asyncio.wait_for(site._started.wait(), 10)
        announcing.cancel()

    asyncio.run(main())
    assert said == ["not healthy yet: no database"]
