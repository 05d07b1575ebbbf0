"""Signing in over the API: accounts/api/signing_in.py."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from django.test import override_settings

from accounts import signing_in
from accounts.api.cookies import NAME
from accounts.models import AuditEvent, QueuedMail, Session, User
from tests.accounts import authenticator
from tests.accounts.api.program import Program
from tests.accounts.authenticator import give_second_factor
from tests.conftest import PASSWORD
from tests.knowledge.api.client import problem_of

RIGHT = {"username": "ada", "password": PASSWORD}


def claims(token: str) -> dict[str, object]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_the_right_password_gives_an_access_token_and_a_refresh_cookie(
    program: Program, ada: User
) -> None:
    response = program("POST", "login", RIGHT)
    assert response.status_code == 200
    given = response.json()
    assert (given["token_type"], given["expires_in"], given["requires_mfa"]) == (
        "Bearer",
        900,
        False,
    )
    session = Session.objects.get(kind="api")
    said = claims(given["access_token"])
    assert (said["sub"], said["sid"], said["type"]) == (str(ada.pk), str(session.pk), "access")
    assert said["exp"] - said["iat"] == 900  # type: ignore[operator]


def test_s6_the_refresh_cookie_is_for_the_auth_path_only(program: Program, ada: User) -> None:
    cookie = program("POST", "login", RIGHT).cookies[NAME]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == (
        "/api/v1/auth/",
        "Strict",
        True,
    )
    assert 7 * 86_400 - 5 <= int(cookie["max-age"]) <= 7 * 86_400
    assert len(cookie.value) >= 86


def test_one_signs_in_by_e_mail_too(program: Program, ada: User) -> None:
    assert program("POST", "login", RIGHT | {"username": f" {ada.email.upper()} "}).json()


def test_r4_unknown_wrong_and_inactive_are_answered_alike(program: Program, ada: User) -> None:
    wrong = program("POST", "login", RIGHT | {"password": "Wrong-horse-9"})
    unknown = program("POST", "login", RIGHT | {"username": "nobody"})
    User.objects.filter(pk=ada.pk).update(is_active=False)
    inactive = program("POST", "login", RIGHT)
    said = problem_of(wrong, 401)
    assert said["detail"].startswith("Invalid credentials")
    assert problem_of(unknown, 401) == problem_of(inactive, 401) == said
    assert wrong.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert not Session.objects.exists()


def test_m3_a_sign_in_during_which_the_second_step_is_turned_on_asks_for_it(
    program: Program, ada: User
) -> None:
    check = "accounts.models.User.check_password"
    with patch(check, side_effect=lambda *_: bool(give_second_factor(ada))):
        said = program("POST", "login", {"username": "ada", "password": PASSWORD}).json()
    assert said["requires_mfa"]
    assert "access_token" not in said


def test_p3_long_passwords_are_wrong_and_nothing_else(program: Program, ada: User) -> None:
    for username in ("ada", "nobody"):
        for length in (73, 5_000):
            given = {"username": username, "password": "é" * length}
            problem_of(program("POST", "login", given), 401)


def test_r1_tries_are_counted_as_on_the_page(program: Program, ada: User) -> None:
    [most, seconds] = signing_in.NAME.most[0]
    for _ in range(most):
        problem_of(program("POST", "login", RIGHT | {"password": "Wrong-horse-9"}), 401)
    refused = program("POST", "login", RIGHT)
    problem_of(refused, 429)
    assert 0 < int(refused.headers["Retry-After"]) <= seconds


@pytest.mark.parametrize("field", ["username", "password"])
@pytest.mark.parametrize("value", [{"$gt": ""}, ["ada"], 1, True, None, "", "\ud800"])
def test_c1_only_texts_are_credentials(program: Program, field: str, value: object) -> None:
    assert field in problem_of(program("POST", "login", RIGHT | {field: value}), 400)["errors"]


def test_every_missing_field_is_said(program: Program) -> None:
    assert problem_of(program("POST", "login", {}), 400)["errors"].keys() == RIGHT.keys()


def test_forms_and_foreign_pages_are_refused(program: Program, ada: User) -> None:
    form = "application/x-www-form-urlencoded"
    problem_of(program("POST", "login", RIGHT, content_type=form), 415)
    problem_of(program("POST", "login", RIGHT, content_type="text/plain"), 415)
    foreign = {"Origin": "https://evil.example.org"}
    problem_of(program("POST", "login", RIGHT, headers=foreign), 403)
    problem_of(program("POST", "login", RIGHT, headers={"Origin": "null"}), 403)
    own = {"Origin": "http://testserver"}
    assert program("POST", "login", RIGHT, headers=own).status_code == 200
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://evil.example.org"]):
        assert program("POST", "login", RIGHT, headers=foreign).status_code == 200


def test_a_new_program_is_told_by_mail_and_a_known_one_is_not(program: Program, ada: User) -> None:
    program.sign_in()
    program.sign_in()
    assert [mail.kind for mail in QueuedMail.objects.all()] == ["new_device"]
    assert AuditEvent.objects.filter(action="session.open", outcome="done").count() == 2


def test_r2_a_known_program_gets_in_while_others_lock_the_account(
    program: Program, ada: User
) -> None:
    program.sign_in()
    wrong = RIGHT | {"password": "Wrong-horse-9"}
    for _ in range(10):
        Program()("POST", "login", wrong, REMOTE_ADDR="192.0.2.8")
    problem_of(Program()("POST", "login", RIGHT), 429)
    assert program("POST", "login", RIGHT).status_code == 200


# with a second factor


@pytest.fixture
def code(ada: User) -> str:
    """The code of Ada's app, which she has set up."""
    give_second_factor(ada)
    return authenticator.code()


def half_in(program: Program) -> str:
    given = program("POST", "login", RIGHT).json()
    assert given.keys() == {"requires_mfa", "mfa_token", "expires_in"}
    assert given["requires_mfa"] is True
    return str(given["mfa_token"])


def test_with_mfa_the_password_gives_a_token_for_the_second_step_only(
    program: Program, code: str
) -> None:
    mfa_token = half_in(program)
    assert claims(mfa_token)["type"] == "mfa"
    assert NAME not in program.client.cookies
    given = program("POST", "mfa/login", {"mfa_token": mfa_token, "code": code})
    assert given.status_code == 200
    program.access = given.json()["access_token"]
    assert program("GET", "me").json()["has_mfa"] is True


def test_m1_a_code_and_its_token_work_once(program: Program, code: str) -> None:
    mfa_token = half_in(program)
    step = {"mfa_token": mfa_token, "code": code}
    assert program("POST", "mfa/login", step).status_code == 200
    problem_of(program("POST", "mfa/login", step), 401)
    problem_of(program("POST", "mfa/login", step | {"mfa_token": half_in(program)}), 401)


def test_m2_a_recovery_code_signs_in_once(program: Program, ada: User) -> None:
    typed = give_second_factor(ada).texts[0]
    for status in (200, 401):
        step = {"mfa_token": half_in(program), "code": typed}
        assert program("POST", "mfa/login", step).status_code == status


def test_s3_a_new_session_lasts_a_week_and_so_long_unused(
    program: Program, ada: User, settings: Any
) -> None:
    settings.SESSION_IDLE_HOURS, settings.SESSION_DAYS = 2, 20
    program.sign_in()
    session = Session.objects.get()
    assert session.expires_at - session.created_at == timedelta(hours=2)
    assert session.ends_at - session.created_at == timedelta(days=7)


def test_m3_the_second_steps_token_opens_nothing_else(program: Program, code: str) -> None:
    program.access = half_in(program)
    for method, path in [
        ("GET", "me"),
        ("GET", "sessions"),
        ("POST", "password"),
        ("POST", "mfa/setup"),
        ("POST", "logout"),
        ("GET", "/api/v1/workspaces/"),
    ]:
        problem_of(program(method, path, {} if method == "POST" else None), 401)
    program.access = ""
    problem_of(program.refresh("none"), 401)


def test_the_second_step_waits_five_minutes(program: Program, code: str) -> None:
    mfa_token = half_in(program)
    half = Session.objects.get()
    assert (half.stage, (half.ends_at - half.created_at).total_seconds()) == ("half", 300)
    Session.objects.update(ends_at=half.created_at)
    problem_of(program("POST", "mfa/login", {"mfa_token": mfa_token, "code": code}), 401)


def test_an_access_token_is_no_token_for_the_second_step(signed_in: Program) -> None:
    given = {"mfa_token": signed_in.access, "code": "123456"}
    problem_of(signed_in("POST", "mfa/login", given), 401)


def test_r3_codes_are_counted(program: Program, code: str) -> None:
    step = {"mfa_token": half_in(program), "code": "000000"}
    for _ in range(5):
        problem_of(program("POST", "mfa/login", step), 401)
    assert "Retry-After" in program("POST", "mfa/login", step | {"code": code}).headers


@pytest.mark.parametrize("field", ["mfa_token", "code"])
def test_c1_only_texts_are_a_second_step(program: Program, field: str) -> None:
    given = {"mfa_token": "a", "code": "b"} | {field: {"$gt": ""}}
    assert field in problem_of(program("POST", "mfa/login", given), 400)["errors"]
