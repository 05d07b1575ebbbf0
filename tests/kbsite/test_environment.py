"""A setting that cannot be used stops the start, and is named."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import global_settings

from kbsite import environment
from kbsite.environment import BASE_DIR, Environment, InvalidEnvironment, read_environment

PYTEST = Path(sys.executable).with_name("pytest")
PROBE = """from django.conf import settings

def test_no_key_is_seen():
    assert (settings.OPENAI_API_KEY, settings.VOYAGE_BASE_URL) == ("", "")
"""


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
        ("SITE_URL", "kb.example.org"),
        ("ARTICLE_MAX_CHARS", "2000001"),
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


def test_a_relative_folder_of_data_does_not_depend_on_where_a_command_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KB_VAR_DIR", "data/kb")
    assert read_environment().kb_var_dir == BASE_DIR / "data/kb"
    monkeypatch.setenv("KB_VAR_DIR", str(tmp_path))
    assert read_environment().kb_var_dir == tmp_path


def test_the_file_of_settings_can_be_another_one_or_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    (tmp_path / ".env").write_text("PORT=1001\n")
    (tmp_path / "other").write_text("PORT=1002\n")
    monkeypatch.delenv("KB_ENV_FILE")
    assert read_environment().port == 1001
    monkeypatch.setenv("KB_ENV_FILE", "other")
    assert read_environment().port == 1002
    monkeypatch.setenv("KB_ENV_FILE", "")
    assert read_environment().port == 8000


def test_tests_see_no_keys_of_the_developer(tmp_path: Path) -> None:
    (tmp_path / "test_probe.py").write_text(PROBE)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=k\nVOYAGE_BASE_URL=http://127.0.0.1:1\n")
    given = {"KB_ENV_FILE": str(tmp_path / ".env"), "openai_api_key": "k", "PORT": "http"}
    options = ["-c", str(BASE_DIR / "pyproject.toml"), "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [PYTEST, *options, str(tmp_path)],
        cwd=BASE_DIR,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "https://kb.example.org"),
        ({"SITE_URL": "https://wiki.example.org"}, "https://wiki.example.org"),
        ({"CSRF_TRUSTED_ORIGINS": "https://*.example.org"}, ""),
    ],
)
def test_links_in_mails_start_at_the_first_origin_that_is_one_address(
    given: dict[str, str], url: str
) -> None:
    origins = {"CSRF_TRUSTED_ORIGINS": "https://*.example.org,https://kb.example.org"}
    ran = subprocess.run(
        [sys.executable, "-c", "from kbsite import settings; print(settings.SITE_URL)"],
        cwd=BASE_DIR,
        env={**os.environ, "KB_ENV_FILE": "", **origins, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == url


def test_every_variable_and_its_default_is_in_the_example() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    shown = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))
    fields = {name.upper(): field.default for name, field in Environment.model_fields.items()}
    fields["KB_VAR_DIR"] = "var"
    assert shown == {name: _as_written(default) for name, default in fields.items()}


def test_every_variable_is_used() -> None:
    """By Django itself, by a line of the settings that does more than pass it on, or elsewhere."""
    passed_on = re.compile(r"^([A-Z_]+) = env\.\w+\n", re.MULTILINE)
    names = {name.upper() for name in Environment.model_fields} - set(dir(global_settings))
    settings = passed_on.sub("", (BASE_DIR / "kbsite/settings.py").read_text())
    code = "\n".join(
        path.read_text()
        for package in ("kbsite", "accounts", "knowledge")
        for path in (BASE_DIR / package).rglob("*.py")
        if path.name not in ("settings.py", "environment.py")
    )
    unused = {
        name
        for name in names
        if not re.search(rf"\b(settings\.{name}|env\.{name.lower()})\b", code)
        and not re.search(rf"\b({name}|env\.{name.lower()})\b", settings)
    }
    assert unused == set()


def test_every_variable_is_in_the_manual() -> None:
    manual = (BASE_DIR / "docs/configuration.md").read_text()
    missing = {
        name.upper() for name in Environment.model_fields if f"`{name.upper()}`" not in manual
    }
    assert missing == set()


def test_every_default_in_the_manual_is_the_one_of_the_code() -> None:
    """Where the manual gives a value, not where it describes one."""
    manual = (BASE_DIR / "docs/configuration.md").read_text()
    said = re.findall(r"`([A-Z_]+)` \(default (`[^`]+`|empty)", manual)
    assert len(said) > len(Environment.model_fields) / 2
    fields = {name.upper(): field.default for name, field in Environment.model_fields.items()}
    fields["KB_VAR_DIR"] = "var"
    stated = {name: "" if value == "empty" else value.strip("`") for name, value in said}
    assert stated == {name: _as_written(fields[name]) for name in stated}


def _as_written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
