import pytest

COMMANDS = "knowledge.management.commands"


@pytest.fixture(autouse=True)
def gave_way(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often a command gave way; the niceness of this process stays its own."""
    times: list[bool] = []
    for command in ("evaluate", "calibrate"):
        monkeypatch.setattr(f"{COMMANDS}.{command}.give_way", lambda: times.append(True))
    return times
