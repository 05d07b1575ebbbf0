"""Access tokens: accounts/api/access_tokens.py and authentication.py."""

from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from accounts import sessions
from accounts.api.access_tokens import AccessToken, MfaToken
from accounts.models import Session, User
from tests.accounts.api.program import Program
from tests.knowledge.api.client import problem_of

ME = "/api/v1/auth/me"


def is_let_in(program: Program, access: str = "") -> bool:
    program.access = access or program.access
    response = program("GET", "me")
    if response.status_code != 200:
        problem_of(response, 401)
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    return bool(response.status_code == 200)


def test_s2_ending_the_session_ends_its_access_token_at_once(signed_in: Program) -> None:
    assert is_let_in(signed_in)
    sessions.revoke(Session.objects.get(), why="signed out")
    assert not is_let_in(signed_in)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "other"}])
def test_s2_it_ends_with_the_person_or_their_password(
    signed_in: Program, ada: User, change: dict[str, object]
) -> None:
    User.objects.filter(pk=ada.pk).update(**change)
    assert not is_let_in(signed_in)


def test_s3_a_token_or_session_that_is_too_old_opens_nothing(signed_in: Program, ada: User) -> None:
    token = AccessToken.of(Session.objects.get())
    token.set_exp(from_time=timezone.now() - timedelta(hours=1), lifetime=timedelta(minutes=15))
    assert not is_let_in(signed_in, str(token))
    signed_in.sign_in()
    Session.objects.update(expires_at=timezone.now())
    assert not is_let_in(signed_in)


def test_only_the_right_type_with_the_sites_signature_opens(signed_in: Program) -> None:
    session, whole = Session.objects.get(), signed_in.access
    said = jwt.decode(whole, options={"verify_signature": False})
    forged = [
        str(MfaToken.of(session)),
        jwt.encode(said, settings.SECRET_KEY),
        jwt.encode(said, "", algorithm="none"),
        whole[:-4] + "aaaa",
        "none",
        "a.b.c",
        "é",
    ]
    assert not any(is_let_in(signed_in, token) for token in forged)


def test_a_half_sessions_id_in_an_access_token_opens_nothing(signed_in: Program) -> None:
    token = str(AccessToken.of(Session.objects.get()))
    Session.objects.update(stage=Session.Stage.HALF)
    assert not is_let_in(signed_in, token)


def test_tokens_signed_with_an_earlier_key_still_open(signed_in: Program) -> None:
    earlier = settings.SECRET_KEY
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["other", earlier]):
        assert is_let_in(signed_in)
        assert signed_in.refresh().status_code == 200
        assert is_let_in(signed_in)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]):
        assert not is_let_in(signed_in)


def test_a_wrong_token_is_not_made_good_by_a_cookie(signed_in: Program, ada: User) -> None:
    browser = Client()
    browser.force_login(ada)
    assert browser.get(ME).status_code == 200
    wrong = browser.get(ME, headers={"Authorization": "Bearer none"})
    problem_of(wrong, 401)


def test_a_browsers_writes_need_the_csrf_token_and_a_bearers_do_not(
    signed_in: Program, ada: User
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    problem_of(browser.post("/api/v1/auth/logout-all"), 403)
    bearer = {"Authorization": f"Bearer {signed_in.access}"}
    assert browser.post("/api/v1/auth/logout-all", headers=bearer).status_code == 204


def test_whoever_must_act_first_gets_only_that(signed_in: Program, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(must_change_password=True)
    refused = problem_of(signed_in("GET", "/api/v1/workspaces/"), 403)
    assert "password has to be changed" in refused["detail"]
    problem_of(signed_in("POST", "mfa/setup"), 403)
    problem_of(signed_in("POST", "password", {}), 400)
    assert signed_in("GET", "me").json()["must_change_password"] is True
    assert signed_in("POST", "logout").status_code == 204


@override_settings(REQUIRE_MFA="everyone")
def test_m3_whoever_must_have_a_second_factor_can_only_set_it_up(signed_in: Program) -> None:
    refused = problem_of(signed_in("GET", "sessions"), 403)
    assert "second step" in refused["detail"]
    problem_of(signed_in("POST", "password", {}), 403)
    assert signed_in("POST", "mfa/setup").status_code == 200
    problem_of(signed_in("POST", "mfa/verify", {}), 400)
