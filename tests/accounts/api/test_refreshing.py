"""Refresh tokens: accounts/refreshing.py and their route."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import connections
from django.db.models import F
from django.test import RequestFactory
from django.utils import timezone

from accounts import refreshing
from accounts.api.cookies import NAME
from accounts.models import AuditEvent, QueuedMail, Session, User
from accounts.refreshing import GRACE, InvalidRefresh
from accounts.sessions import digest
from kbsite import mongo
from tests.accounts.api.program import Program
from tests.conftest import PASSWORD
from tests.knowledge.api.client import problem_of


def session() -> Session:
    return Session.objects.get()


def after_the_grace() -> None:
    past = timezone.now() - GRACE - timedelta(seconds=1)
    Session.objects.update(refreshed_at=past)


def is_over(program: Program) -> bool:
    """Whether neither of the program's tokens is good for anything."""
    problem_of(program("GET", "me"), 401)
    problem_of(program.refresh(), 401)
    return True


def test_s5_each_refresh_gives_other_tokens_for_the_same_session(signed_in: Program) -> None:
    first, access, before = signed_in.refresh_token, signed_in.access, session()
    response = signed_in.refresh()
    assert response.status_code == 200
    assert signed_in.refresh_token != first
    assert signed_in("GET", "me").json()["username"] == "ada"
    assert (session().pk, session().ends_at) == (before.pk, before.ends_at)
    assert signed_in.refresh_token not in (first, access)
    assert len(signed_in.refresh_token) >= 86  # 64 bytes


def test_s5_only_digests_are_stored(signed_in: Program) -> None:
    old = signed_in.refresh_token
    signed_in.refresh()
    stored = str(mongo.database()["sessions"].find_one())
    assert digest(old) in stored
    assert digest(signed_in.refresh_token) in stored
    assert old not in stored
    assert signed_in.refresh_token not in stored


def test_s5_refreshing_does_not_make_the_week_longer(signed_in: Program) -> None:
    Session.objects.update(ends_at=timezone.now() + timedelta(hours=1))
    cookie = signed_in.refresh().cookies[NAME]
    assert int(cookie["max-age"]) <= 3_600
    Session.objects.update(ends_at=timezone.now())
    assert is_over(signed_in)


def test_s5_the_token_just_replaced_gives_the_same_successor_again(signed_in: Program) -> None:
    """What a client does whose reply was lost, in a failover or else."""
    old = signed_in.refresh_token
    signed_in.refresh()
    successor = signed_in.refresh_token
    assert signed_in.refresh(old).status_code == 200
    assert signed_in.refresh_token == successor
    assert signed_in("GET", "me").status_code == 200


def test_s5_of_two_refreshes_at_once_both_get_the_same_successor(signed_in: Program) -> None:
    old, barrier = signed_in.refresh_token, Barrier(4)

    def attempt(_: int) -> str:
        barrier.wait()
        try:
            return refreshing.refresh(old, request=RequestFactory().post("/"))[1]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        successors = set(pool.map(attempt, range(4)))
    assert len(successors) == 1
    assert len(session().spent_refresh) == 1
    assert signed_in.refresh(successors.pop()).status_code == 200


def test_s5_a_write_that_was_done_but_not_answered_is_found_done(signed_in: Program) -> None:
    old, write = signed_in.refresh_token, refreshing._replace

    def and_fail(*args: object, **kwargs: object) -> None:
        write(*args, **kwargs)  # type: ignore[arg-type]
        raise ConnectionError

    with patch.object(refreshing, "_replace", and_fail), pytest.raises(ConnectionError):
        refreshing.refresh(old, request=RequestFactory().post("/"))
    _, successor = refreshing.refresh(old, request=RequestFactory().post("/"))
    assert digest(successor) == session().refresh_hash


def test_s5_a_token_used_after_the_grace_ends_the_session_and_is_told(
    signed_in: Program, ada: User
) -> None:
    old = signed_in.refresh_token
    signed_in.refresh()
    newest = signed_in.refresh_token
    after_the_grace()
    refused = Program().refresh(old)
    problem_of(refused, 401)
    assert refused.cookies[NAME].value == ""
    signed_in.refresh_token = newest
    assert is_over(signed_in)
    assert session().revoked_why == "refresh token used twice"
    assert QueuedMail.objects.filter(kind="refresh_reused", user_id=str(ada.pk)).count() == 1
    assert AuditEvent.objects.get(action="session.refresh_reused").target_name == "ada"


def test_s5_a_token_two_generations_old_has_no_grace(signed_in: Program) -> None:
    old = signed_in.refresh_token
    signed_in.refresh()
    signed_in.refresh()
    problem_of(Program().refresh(old), 401)
    assert is_over(signed_in)


def test_s5_reuse_is_told_once(signed_in: Program) -> None:
    old = signed_in.refresh_token
    signed_in.refresh()
    after_the_grace()
    for _ in range(3):
        problem_of(Program().refresh(old), 401)
    assert QueuedMail.objects.filter(kind="refresh_reused").count() == 1


def test_another_session_of_the_person_goes_on(signed_in: Program) -> None:
    other = Program().sign_in()
    old = signed_in.refresh_token
    signed_in.refresh()
    signed_in.refresh()
    signed_in.refresh(old)
    assert other("GET", "me").status_code == 200


@pytest.mark.parametrize("token", ["", "none", "\x00", "$ne"])
def test_an_unknown_or_missing_cookie_is_cleared(program: Program, token: str) -> None:
    if token:
        program.refresh_token = token
    refused = program("POST", "refresh")
    problem_of(refused, 401)
    assert refused.cookies[NAME].value == ""
    assert refused.cookies[NAME]["path"] == "/api/v1/auth/"


def test_the_token_counts_in_the_cookie_only(signed_in: Program) -> None:
    token = signed_in.refresh_token
    elsewhere = Program()
    problem_of(elsewhere("POST", "refresh", {"refresh": token, "refresh_token": token}), 401)
    problem_of(elsewhere("POST", f"refresh?refresh={token}"), 401)
    elsewhere.access = token
    problem_of(elsewhere("GET", "me"), 401)


def test_foreign_pages_and_forms_cannot_refresh(signed_in: Program) -> None:
    problem_of(signed_in("POST", "refresh", headers={"Origin": "https://evil.example.org"}), 403)
    problem_of(signed_in("POST", "refresh", {}, content_type="text/plain"), 415)
    assert not session().spent_refresh


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "other"}])
def test_s2_an_inactive_person_or_another_password_ends_it(
    signed_in: Program, ada: User, change: dict[str, object]
) -> None:
    old = signed_in.refresh_token
    User.objects.filter(pk=ada.pk).update(**change)
    assert is_over(signed_in)
    with pytest.raises(InvalidRefresh):
        refreshing.refresh(old, request=RequestFactory().post("/"))


def test_refreshing_is_limited(signed_in: Program) -> None:
    for _ in range(20):
        assert signed_in.refresh().status_code == 200
    refused = signed_in.refresh()
    problem_of(refused, 429)
    assert int(refused.headers["Retry-After"]) <= 60


def test_use_moves_the_idle_time_out_on(signed_in: Program) -> None:
    Session.objects.update(
        last_seen_at=F("created_at") - timedelta(hours=1),
        expires_at=timezone.now() + timedelta(minutes=1),
    )
    assert signed_in.refresh().status_code == 200
    assert session().expires_at > timezone.now() + timedelta(hours=1)
    Session.objects.update(expires_at=timezone.now())
    assert is_over(signed_in)


def test_signing_in_again_begins_another_session(signed_in: Program) -> None:
    before = signed_in.refresh_token
    signed_in("POST", "login", {"username": "ada", "password": PASSWORD})
    assert signed_in.refresh_token != before
    assert Session.objects.count() == 2
