"""How the supervisor's tasks work together, without starting a site."""

import asyncio

import pytest

from kbsite.environment import Environment
from kbsite.preflight import CannotStart
from kbsite.supervisor import Supervisor


def test_the_reason_to_stop_is_raised_by_itself_on_every_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def end(_: Supervisor) -> None:
        raise CannotStart("The web server ended.", "See above.")

    async def main() -> None:
        await Supervisor(Environment(), None)._serve()

    monkeypatch.setattr(Supervisor, "_run_web", end)
    monkeypatch.setattr(Supervisor, "_announce", end)
    with pytest.raises(CannotStart, match="The web server ended"):
        asyncio.run(main())
