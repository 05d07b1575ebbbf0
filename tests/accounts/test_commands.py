"""Accounts on the command line: the policy holds there too, sessions end, and it is audited."""

from collections.abc import Callable
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import sessions
from accounts.models import AuditEvent, User
from kbsite.admins import reset_admin
from tests.accounts.authenticator import give_second_factor
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


def test_what_is_done_on_the_command_line_is_recorded(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    create()
    ada = make_user("ada", is_active=False)
    reset_admin(username="ada")
    found = AuditEvent.objects.order_by("at", "pk")
    assert [(event.action, event.target_name, event.actor_name) for event in found] == [
        ("user.create", "root", ""),
        ("password.set", "ada", ""),
        ("user.activate", "ada", ""),
        ("user.promote", "ada", ""),
    ]
    assert User.objects.get(pk=ada.pk).is_superuser


def test_s2_an_administrator_who_gets_a_new_password_is_signed_out(
    client: Client, make_user: MakeUser
) -> None:
    root = make_user("root", is_superuser=True)
    client.force_login(root)
    reset_admin(username="root")
    assert not sessions.open_sessions(root)


def test_s2_changepassword_signs_the_person_out_and_is_recorded(
    client: Client, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    client.force_login(ada)
    with patch("getpass.getpass", return_value="Another-horse-9"):
        call_command("changepassword", "ada", stdout=StringIO())
    assert not sessions.open_sessions(ada)
    assert AuditEvent.objects.get().action == "password.set"


def test_a_lost_second_step_is_taken_away(client: Client, make_user: MakeUser) -> None:
    root = make_user("root", is_superuser=True)
    with pytest.raises(CommandError, match="root has no second step"):
        call_command("reset_mfa", "root")
    give_second_factor(root)
    client.force_login(root)
    call_command("reset_mfa", "ROOT@example.org", reason="Lost the phone", stdout=StringIO())
    assert not User.objects.get().has_mfa
    assert not sessions.open_sessions(root)
    assert AuditEvent.objects.get(action="mfa.reset").details == {"reason": "Lost the phone"}
    with pytest.raises(CommandError, match="no user named eve"):
        call_command("reset_mfa", "eve")
