"""Signing in and out: accounts/backends.py, and the login and logout pages."""

import logging
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter

from accounts.models import User
from accounts.signing_in import InvalidCredentials, check_credentials
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
LOGIN, LOGOUT = "/accounts/login/", "/accounts/logout/"
REFUSAL = "The name or the password is not right."


def sign_in(client: Client, username: str = "ada", password: str = PASSWORD, **extra: str):  # type: ignore[no-untyped-def]
    return client.post(LOGIN, {"username": username, "password": password, **extra})


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("accounts:password_change")).status_code == 200


@pytest.mark.parametrize(
    "name", ["ada", "ADA", " ada ", "ada@example.org", "Ada@Example.ORG", "\uff41da"]
)
def test_one_signs_in_by_name_or_email_whatever_the_case(
    client: Client, make_user: MakeUser, name: str
) -> None:
    make_user("ada")
    assert sign_in(client, name).status_code == 302
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "password",
    [PASSWORD.lower(), f"{PASSWORD} ", f" {PASSWORD}", PASSWORD[:-1], "x" * 73, "a\0b", "é" * 5000],
)
def test_p3_any_other_password_is_refused_alike_for_known_and_unknown(
    client: Client, make_user: MakeUser, password: str
) -> None:
    make_user("ada")
    known, unknown = sign_in(client, "ada", password), sign_in(client, "eve", password)
    assert known.status_code == unknown.status_code == 200
    assert known.context["form"].errors == unknown.context["form"].errors
    assert REFUSAL in known.content.decode()


def test_r4_inactive_is_refused_like_unknown(client: Client, make_user: MakeUser) -> None:
    make_user("ada", is_active=False)
    inactive, unknown = sign_in(client, "ada"), sign_in(client, "eve")
    assert inactive.context["form"].errors == unknown.context["form"].errors


@pytest.mark.parametrize("name", ["ada", "eve", "gone", "blank", "x" * 300])
def test_r4_every_attempt_costs_one_hash(make_user: MakeUser, name: str) -> None:
    make_user("ada")
    make_user("gone", is_active=False)
    User.objects.create_user("blank")
    hasher = "django.contrib.auth.hashers.BCryptSHA256PasswordHasher.encode"
    with patch(hasher, return_value="bcrypt_sha256$x") as encode:
        authenticate(username=name, password="Wrong-horse-9")
    assert encode.call_count == 1


@pytest.mark.parametrize("hostile", [None, 7, {"$ne": ""}, ["ada"], b"ada", "\ud800", "", "a\0b"])
def test_c1_hostile_names_and_passwords_sign_nobody_in(
    make_user: MakeUser, hostile: object
) -> None:
    make_user("ada")
    assert authenticate(username=hostile, password=PASSWORD) is None
    assert authenticate(username="ada", password=hostile) is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"username[$ne]": "", "password[$ne]": ""},
        {"username": "a\0b", "password": "x"},
        {"username": "x" * 100_000, "password": "x" * 100_000},
    ],
)
def test_c1_hostile_forms_are_answered_with_the_form(
    client: Client, db: None, fields: dict[str, str]
) -> None:
    response = client.post(LOGIN, fields)
    assert response.status_code == 200
    assert response.context["form"].errors


def test_a_name_cannot_be_somebody_elses_email(make_user: MakeUser) -> None:
    user = make_user("ada")
    User.objects.filter(pk=user.pk).update(username_key="eve@example.org")
    assert authenticate(username="eve@example.org", password=PASSWORD) is None


def test_s1_signing_in_starts_a_new_session(client: Client, make_user: MakeUser) -> None:
    make_user("ada")
    planted = client.session
    planted["planted"] = "yes"
    planted.save()
    client.cookies["session"] = planted.session_key or ""
    sign_in(client)
    assert client.session.session_key != planted.session_key
    assert not client.session.exists(planted.session_key or "")


def test_s2_signing_out_ends_the_session_on_the_server(client: Client, make_user: MakeUser) -> None:
    make_user("ada")
    sign_in(client)
    cookie = client.cookies["session"].value
    assert client.post(LOGOUT).status_code == 302
    replayed = Client()
    replayed.cookies["session"] = cookie
    assert not is_signed_in(replayed)


def test_s2_deactivating_somebody_ends_their_sessions(client: Client, make_user: MakeUser) -> None:
    user = make_user("ada")
    sign_in(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_signed_in(client)


def test_signing_out_takes_a_post(client: Client, make_user: MakeUser) -> None:
    make_user("ada")
    sign_in(client)
    assert client.get(LOGOUT).status_code == 405
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("next_url", "target"),
    [
        ("/admin/", "/admin/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        (f"{LOGIN}?next=/admin/", "/"),
        ("", "/"),
    ],
)
def test_next_leads_to_this_site_only(
    client: Client, make_user: MakeUser, next_url: str, target: str
) -> None:
    make_user("ada")
    assert sign_in(client, next=next_url).headers["Location"] == target
    again = client.get(LOGIN, {"next": next_url})
    assert again.headers["Location"] == target


def test_c2_the_forms_refuse_a_post_without_the_token(make_user: MakeUser) -> None:
    make_user("ada")
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    assert client.post(LOGOUT).status_code == 403


def test_c2_the_page_is_private_and_guarded(client: Client, db: None) -> None:
    headers = client.get(LOGIN).headers
    assert "no-store" in headers["Cache-Control"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_s6_the_cookies_are_out_of_scripts_reach(client: Client, make_user: MakeUser) -> None:
    make_user("ada")
    client.get(LOGIN)
    sign_in(client)
    for name in ("session", "csrf"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_c3_no_password_reaches_log_or_page(
    client: Client, make_user: MakeUser, caplog: pytest.LogCaptureFixture
) -> None:
    make_user("ada")
    caplog.set_level(logging.DEBUG)
    page = sign_in(client, "ada", "Canary-horse-9").content.decode()
    sign_in(client)
    for secret in ("Canary-horse-9", PASSWORD):
        assert secret not in page + caplog.text


def test_c3_no_password_reaches_an_error_report(
    make_user: MakeUser, caplog: pytest.LogCaptureFixture
) -> None:
    make_user("ada")
    client = Client(raise_request_exception=False)
    with patch("accounts.backends.identity_key", side_effect=RuntimeError):
        response = sign_in(client, "ada", "Canary-horse-9")
    assert response.status_code == 500
    [error] = [vars(record) for record in caplog.records if record.exc_info]
    report = ExceptionReporter(error["request"], *error["exc_info"]).get_traceback_html()
    assert "RuntimeError" in report
    assert "Canary-horse-9" not in response.content.decode() + caplog.text + report


def test_the_page_names_itself_and_helps_password_managers(client: Client, db: None) -> None:
    page = client.get(LOGIN).content.decode()
    assert "<title>Sign in · Knowledge base</title>" in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "x" * 300, ""])
def test_a_name_that_cannot_be_stored_is_refused_like_any_other(
    db: None, rf: RequestFactory, name: str
) -> None:
    request = rf.post(LOGIN, REMOTE_ADDR="")
    with pytest.raises(InvalidCredentials):
        check_credentials(request, identity=name, password=PASSWORD)
