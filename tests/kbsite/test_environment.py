"""A setting that cannot be used stops the start, and is named."""

import re

import pytest

from kbsite.environment import BASE_DIR, Environment, InvalidEnvironment, read_environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("CONFIDENCE_STRONG", "1.5"),
        ("MONGODB_URI", "localhost:27017"),
        ("MONGODB_DATABASE", "a.b"),
        ("DEBUG", "perhaps"),
        ("RERANK_BUDGET_MS", "-1"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_bad_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidEnvironment, match=name):
        read_environment()


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("DEBUG", "x")
    with pytest.raises(InvalidEnvironment, match=r"(?s)PORT.*DEBUG|DEBUG.*PORT"):
        read_environment()


def test_a_bad_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "user:hunter2@host")
    with pytest.raises(InvalidEnvironment) as refused:
        read_environment()
    assert "hunter2" not in str(refused.value)


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert read_environment().port == 8000


def test_every_variable_and_its_default_is_in_the_example() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    shown = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))
    fields = {name.upper(): field.default for name, field in Environment.model_fields.items()}
    fields["KB_VAR_DIR"] = "var"
    assert shown == {name: _as_written(default) for name, default in fields.items()}


def test_every_variable_is_in_the_manual() -> None:
    manual = (BASE_DIR / "docs/configuration.md").read_text()
    missing = {
        name.upper() for name in Environment.model_fields if f"`{name.upper()}`" not in manual
    }
    assert missing == set()


def _as_written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
