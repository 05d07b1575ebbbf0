"""One's account, password, second step and sessions over the API: accounts/api/."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.api.cookies import NAME
from accounts.models import AuditEvent, PasswordConflict, QueuedMail, Session, User
from tests.accounts import authenticator
from tests.accounts.api.program import Program
from tests.conftest import PASSWORD
from tests.knowledge.api.client import problem_of

NEW = "Another-horse-9"
CHANGE = {"current_password": PASSWORD, "new_password": NEW}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_me_is_who_one_is_and_no_secret(signed_in: Program, ada: User) -> None:
    said = signed_in("GET", "me").json()
    assert (said["id"], said["username"], said["email"]) == (str(ada.pk), "ada", ada.email)
    assert not {"password", "password_history", "mfa_secret"} & said.keys()


def test_visitors_are_asked_to_sign_in(program: Program) -> None:
    for method, path in [
        ("GET", "me"),
        ("GET", "sessions"),
        ("DELETE", f"sessions/{'0' * 24}"),
        ("POST", "password"),
        ("POST", "mfa/setup"),
        ("POST", "mfa/verify"),
        ("POST", "logout"),
        ("POST", "logout-all"),
    ]:
        problem_of(program(method, path), 401)


def test_s2_changing_the_password_ends_the_other_sessions(signed_in: Program, ada: User) -> None:
    other, browser = Program().sign_in(), Client()
    browser.login(username="ada", password=PASSWORD)
    assert signed_in("POST", "password", CHANGE).status_code == 204
    assert fresh(ada).check_password(NEW)
    assert signed_in("GET", "me").status_code == 200
    assert signed_in.refresh().status_code == 200
    problem_of(other("GET", "me"), 401)
    assert browser.get("/accounts/password/").status_code == 302
    assert QueuedMail.objects.filter(kind="password_changed").exists()


def test_p8_a_wrong_current_password_is_refused_and_counted(signed_in: Program) -> None:
    wrong = CHANGE | {"current_password": "Wrong-horse-9"}
    for _ in range(5):
        problem_of(signed_in("POST", "password", wrong), 401)
    refused = signed_in("POST", "password", CHANGE)
    problem_of(refused, 429)
    assert "Retry-After" in refused.headers


def test_p1_every_broken_rule_of_a_new_password_is_said(signed_in: Program) -> None:
    weak = problem_of(signed_in("POST", "password", CHANGE | {"new_password": "short"}), 400)
    assert len(weak["errors"]["new_password"]) >= 4


def test_a_password_used_before_is_a_conflict(signed_in: Program) -> None:
    reused = problem_of(signed_in("POST", "password", CHANGE | {"new_password": PASSWORD}), 409)
    assert "used this password before" in reused["errors"]["new_password"][0]


def test_a_change_that_came_second_is_a_conflict(signed_in: Program, ada: User) -> None:
    with patch.object(User, "replace_hash", side_effect=PasswordConflict):
        problem_of(signed_in("POST", "password", CHANGE), 409)
    assert fresh(ada).password == ada.password


def test_p3_a_password_of_4097_characters_is_refused(signed_in: Program, ada: User) -> None:
    giant = CHANGE | {"new_password": "Aa1-" + "é" * 4_093}
    assert "new_password" in problem_of(signed_in("POST", "password", giant), 400)["errors"]
    assert fresh(ada).password == ada.password


def test_p10_the_eleventh_change_in_ten_minutes_costs_no_hash(signed_in: Program) -> None:
    for _ in range(10):
        problem_of(signed_in("POST", "password", CHANGE | {"new_password": PASSWORD}), 409)
    with patch("bcrypt.hashpw", side_effect=AssertionError):
        refused = signed_in("POST", "password", CHANGE)
    problem_of(refused, 429)
    assert "Retry-After" in refused.headers


def test_p8_verifying_a_second_step_takes_five_passwords(signed_in: Program, ada: User) -> None:
    secret = signed_in("POST", "mfa/setup").json()["secret"]
    right = {"code": authenticator.code(secret), "current_password": PASSWORD}
    for _ in range(5):
        problem_of(signed_in("POST", "mfa/verify", right | {"current_password": "no"}), 401)
    refused = signed_in("POST", "mfa/verify", right)
    problem_of(refused, 429)
    assert "Retry-After" in refused.headers
    assert not fresh(ada).has_mfa


def test_unknown_and_privileged_fields_are_ignored(signed_in: Program, ada: User) -> None:
    privileged = {"is_staff": True, "is_superuser": True, "password_history": [], "user": "eve"}
    assert signed_in("POST", "password", CHANGE | privileged).status_code == 204
    changed = fresh(ada)
    assert not changed.is_staff
    assert not changed.is_superuser
    assert len(changed.password_history) == 2


@pytest.mark.parametrize("field", CHANGE)
@pytest.mark.parametrize("value", [{"$gt": ""}, None, 5, ""])
def test_c1_only_texts_are_passwords(signed_in: Program, field: str, value: object) -> None:
    given = CHANGE | {field: value}
    assert field in problem_of(signed_in("POST", "password", given), 400)["errors"]


def test_p4_a_password_is_taken_as_it_is(signed_in: Program, ada: User) -> None:
    odd = " Odd-\0-hörse-9 "
    assert signed_in("POST", "password", CHANGE | {"new_password": odd}).status_code == 204
    assert fresh(ada).check_password(odd)
    assert Program().sign_in(password=odd).access


def test_the_second_step_is_set_up_and_turned_on_by_its_code(signed_in: Program, ada: User) -> None:
    other = Program().sign_in()
    given = signed_in("POST", "mfa/setup").json()
    assert given["otpauth_url"].startswith("otpauth://totp/")
    assert given["secret"] in given["otpauth_url"]
    assert not fresh(ada).has_mfa
    code = {"code": authenticator.code(given["secret"]), "current_password": PASSWORD}
    problem_of(signed_in("POST", "mfa/verify", code | {"code": "nothing"}), 400)
    problem_of(signed_in("POST", "mfa/verify", code | {"current_password": "no"}), 401)
    on = signed_in("POST", "mfa/verify", code)
    assert len(on.json()["recovery_codes"]) == 10
    assert fresh(ada).has_mfa
    assert signed_in("GET", "me").json()["has_mfa"] is True
    problem_of(other("GET", "me"), 401)
    for path in ("mfa/setup", "mfa/verify"):
        problem_of(signed_in("POST", path, code), 409)


def test_c1_only_texts_turn_the_second_step_on(signed_in: Program) -> None:
    given = {field: {"$gt": ""} for field in ("code", "current_password")}
    refused = problem_of(signed_in("POST", "mfa/verify", given), 400)
    assert refused["errors"].keys() == given.keys()


# sessions


def test_s4_ones_sessions_are_listed_and_one_is_ended(signed_in: Program, ada: User) -> None:
    browser = Client()
    browser.login(username="ada", password=PASSWORD)
    other = Program().sign_in()
    items = other("GET", "sessions").json()["items"]
    assert sorted(item["kind"] for item in items) == ["api", "api", "browser"]
    [this] = [item for item in items if item["current"]]
    [first] = Session.objects.filter(kind="api").exclude(pk=this["id"])
    assert other("DELETE", f"sessions/{first.pk}").status_code == 204
    problem_of(signed_in("GET", "me"), 401)
    assert other("GET", "me").status_code == 200
    assert browser.get("/accounts/security/").status_code == 200
    problem_of(other("DELETE", f"sessions/{first.pk}"), 404)
    assert AuditEvent.objects.filter(action="session.revoke").count() == 1


def test_t5_nobody_ends_somebody_elses_session(
    signed_in: Program, make_user: Callable[..., User]
) -> None:
    make_user("eve")
    eve = Program().sign_in("eve")
    theirs = Session.objects.get(user__username="ada")
    for named in (theirs.pk, "0" * 24, "none", "$ne", "%00"):
        problem_of(eve("DELETE", f"sessions/{named}"), 404)
    assert signed_in("GET", "me").status_code == 200


def test_s2_signing_out_ends_the_session_and_clears_the_cookie(signed_in: Program) -> None:
    token = signed_in.refresh_token
    response = signed_in("POST", "logout")
    assert response.status_code == 204
    assert response.cookies[NAME].value == ""
    problem_of(signed_in("GET", "me"), 401)
    problem_of(signed_in.refresh(token), 401)
    assert Session.objects.get().revoked_why == "signed out"


def test_the_refresh_cookie_alone_signs_out_too(signed_in: Program) -> None:
    signed_in.access = ""
    foreign = {"Origin": "https://evil.example.org"}
    problem_of(signed_in("POST", "logout", headers=foreign), 403)
    assert signed_in("POST", "logout").status_code == 204
    assert not Session.objects.filter(revoked_at=None).exists()
    refused = signed_in("POST", "logout")
    problem_of(refused, 401)
    assert refused.cookies[NAME].value == ""


def test_an_access_token_that_has_expired_leaves_signing_out_to_the_cookie(
    signed_in: Program,
) -> None:
    signed_in.access = "not.valid.now"
    assert signed_in("POST", "logout").status_code == 204
    assert not Session.objects.filter(revoked_at=None).exists()


def test_signing_out_leaves_no_session_open_whose_cookie_it_takes(signed_in: Program) -> None:
    signed_in.access = Program().sign_in().access
    assert signed_in("POST", "logout").status_code == 204
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_refresh_cookie_whose_reply_got_lost_signs_out_too(signed_in: Program) -> None:
    before = signed_in.refresh_token
    assert signed_in.refresh().status_code == 200
    signed_in.access, signed_in.refresh_token = "", before
    assert signed_in("POST", "logout").status_code == 204
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_browser_signs_out_over_the_api_too(ada: User) -> None:
    browser = Client()
    browser.force_login(ada)
    assert browser.post("/api/v1/auth/logout").status_code == 204
    assert browser.get("/api/v1/auth/me").status_code == 401
    assert AuditEvent.objects.get(action="session.end").target_name == "ada"


def test_s2_signing_out_everywhere_ends_all_sessions(signed_in: Program, ada: User) -> None:
    other, browser = Program().sign_in(), Client()
    browser.force_login(ada)
    assert signed_in("POST", "logout-all").status_code == 204
    for program in (signed_in, other):
        problem_of(program("GET", "me"), 401)
    assert browser.get("/api/v1/auth/me").status_code == 401
