"""A setting that cannot be used stops the start, and is named."""

import pytest

from kbsite.environment import InvalidEnvironment, read_environment


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
