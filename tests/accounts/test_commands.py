"""The password policy on the command line: createsuperuser and changepassword."""

from collections.abc import Callable
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]


def create(username: str = "root", email: str = "root@example.org") -> None:
    call_command(
        "createsuperuser", username=username, email=email, interactive=False, stdout=StringIO()
    )


def test_createsuperuser_remembers_the_first_password(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    create()
    user = User.objects.get()
    assert user.check_password(PASSWORD)
    assert [entry.password for entry in user.password_history] == [user.password]


def test_p1_createsuperuser_reports_every_broken_rule_without_input_too(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "short")
    with pytest.raises(CommandError, match=r"at least 8.*upper-case.*digit.*neither"):
        create()
    assert not User.objects.exists()


def test_p1_djangos_question_whether_to_bypass_the_policy_does_not(db: None) -> None:
    stdin = StringIO()
    stdin.isatty = lambda: True  # type: ignore[method-assign]
    asked = ["root", "root@example.org", "y"]
    with (
        patch("builtins.input", side_effect=asked),
        patch("getpass.getpass", return_value="short"),
        pytest.raises(CommandError, match="at least 8"),
    ):
        call_command("createsuperuser", stdin=stdin, stdout=StringIO(), stderr=StringIO())
    assert not User.objects.exists()


def test_createsuperuser_names_what_is_taken(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("root")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="already taken"):
        create("ROOT")
    with pytest.raises(CommandError, match="already has this user name or e-mail"):
        create("other", "ROOT@example.org")


def test_changepassword_obeys_policy_and_history(make_user: MakeUser) -> None:
    user = make_user("ada")
    typed = [each for raw in ("short", PASSWORD, "Another-horse-9") for each in (raw, raw)]
    err = StringIO()
    with patch("getpass.getpass", side_effect=typed):
        call_command("changepassword", "ada", stdout=StringIO(), stderr=err)
    assert "at least 8" in err.getvalue()
    assert "used this password before" in err.getvalue()
    changed = User.objects.get(pk=user.pk)
    assert changed.check_password("Another-horse-9")
    assert len(changed.password_history) == 2
