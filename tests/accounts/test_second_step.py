"""The second step at sign-in: what it takes, and that nothing goes round it."""

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from accounts import mfa, recovery_codes, second_factor
from accounts.mfa import CODES, WrongCode
from accounts.models import QueuedMail, Session, User
from accounts.notices import Notice
from accounts.passwords import change_password
from accounts.recovery_codes import ALPHABET, LENGTH, RecoveryCodes
from accounts.second_factor import verify_second_factor
from accounts.sessions import SessionStore
from accounts.throttling import DAY, Rule, TooMany
from kbsite import mongo
from tests.accounts.authenticator import code, give_second_factor, visit
from tests.accounts.together import at_once
from tests.conftest import PASSWORD

LOGIN, STEP, PASSWORD_PAGE = (
    "/accounts/login/",
    "/accounts/login/second-step/",
    "/accounts/password/",
)
WRONG = "This code is not right"


@pytest.fixture
def ada(make_user: Callable[..., User]) -> User:
    return make_user("ada")


@pytest.fixture
def recovery(ada: User) -> RecoveryCodes:
    return give_second_factor(ada)


@pytest.fixture
def half(client: Client, recovery: RecoveryCodes) -> Client:
    """A browser that has given the password only."""
    client.post(LOGIN, {"username": "ada", "password": PASSWORD, "next": "/admin/"})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(PASSWORD_PAGE).status_code == 200


def step(client: Client, typed: str):  # type: ignore[no-untyped-def]
    return client.post(STEP, {"code": typed})


def test_the_password_alone_leads_to_the_second_step(
    client: Client, recovery: RecoveryCodes
) -> None:
    response = client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    assert response.headers["Location"] == STEP
    assert not is_signed_in(client)


def test_the_code_of_now_signs_in_and_goes_where_one_wanted(half: Client) -> None:
    assert step(half, code()).headers["Location"] == "/admin/"
    assert is_signed_in(half)


def test_m3_a_browser_that_is_known_is_asked_for_a_code_again(half: Client) -> None:
    step(half, code())
    half.post("/accounts/logout/")
    assert half.cookies["device"].value
    response = half.post(LOGIN, {"username": "ada", "password": PASSWORD})
    assert response.headers["Location"] == STEP
    assert not is_signed_in(half)


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app and the site read the clock in the same step."""
    clock = SimpleNamespace(time=partial(float, time.time()))
    monkeypatch.setattr("accounts.mfa.time", clock)
    monkeypatch.setattr("tests.accounts.authenticator.time", clock)


@pytest.mark.usefixtures("one_moment")
@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_clocks_may_differ_by_a_step(half: Client, steps: int) -> None:
    step(half, code(steps=steps))
    assert is_signed_in(half)


@pytest.mark.parametrize("typed", ["", "000000", "12345", "x" * 41, "é", "１２３４５６"])
def test_another_code_is_refused_next_to_the_field(half: Client, typed: str) -> None:
    response = step(half, typed)
    assert response.status_code == 200
    assert "code" in response.context["form"].errors
    assert not is_signed_in(half)


def test_r3_codes_are_counted_across_fresh_sign_ins(recovery: RecoveryCodes) -> None:
    for _ in range(5):
        assert step(fresh_half(), "000000").status_code == 200
    held_up = fresh_half()
    response = step(held_up, code())
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 300
    assert "Try again in" in response.content.decode()
    assert not is_signed_in(held_up)
    assert kinds_of_mail().count(Notice.CODES_REFUSED) == 1


def test_r3_recovery_codes_count_too_and_a_success_begins_nothing_anew(
    ada: User, recovery: RecoveryCodes
) -> None:
    for typed in (*recovery.texts[:2], "aaaa-bbbb-cccc", code(), "000000"):
        with suppress(WrongCode):
            verify_second_factor(ada, typed, visit())
    with pytest.raises(TooMany):
        verify_second_factor(ada, recovery.texts[2], visit())


def test_r3_fifty_codes_are_the_most_of_a_day(ada: User) -> None:
    assert CODES.most == ((5, 300), (20, 3_600), (50, 86_400))
    with patch.object(second_factor, "CODES", Rule("codes", (CODES.most[-1],))):
        for _ in range(50):
            with pytest.raises(WrongCode):
                verify_second_factor(ada, "000000", visit())
        with pytest.raises(TooMany):
            verify_second_factor(ada, "000000", visit())


def test_m1_one_code_posted_twenty_times_at_once_signs_in_once(recovery: RecoveryCodes) -> None:
    browsers = [fresh_half() for _ in range(20)]
    typed = code()
    with many_allowed():
        answers = at_once(lambda browser: step(browser, typed).status_code, browsers)
    assert sorted(answers) == [200] * 19 + [302]
    assert [is_signed_in(browser) for browser in browsers].count(True) == 1


@pytest.mark.usefixtures("one_moment")
def test_m1_a_code_is_spent_with_all_before_it(ada: User, recovery: RecoveryCodes) -> None:
    assert mfa.spend(ada, code(steps=1))
    assert not any(mfa.spend(ada, code(steps=steps)) for steps in (-1, 0, 1))


def test_m2_one_recovery_code_used_twenty_times_at_once_counts_once(
    ada: User, recovery: RecoveryCodes
) -> None:
    def spend(_: int) -> bool:
        return recovery_codes.spend(User.objects.get(pk=ada.pk), recovery.texts[3], request=visit())

    assert at_once(spend, range(20)).count(True) == 1
    assert len(User.objects.get(pk=ada.pk).recovery_codes) == 9
    assert kinds_of_mail() == [Notice.RECOVERY_USED]


def test_m2_different_recovery_codes_at_once_all_count(ada: User, recovery: RecoveryCodes) -> None:
    def spend(typed: str) -> bool:
        return recovery_codes.spend(User.objects.get(pk=ada.pk), typed, request=visit())

    assert all(at_once(spend, recovery.texts))
    assert User.objects.get(pk=ada.pk).recovery_codes == []


def test_m2_recovery_codes_are_stored_hashed(ada: User, recovery: RecoveryCodes) -> None:
    stored = str(mongo.database()["users"].find_one())
    assert not any(text in stored or text.replace("-", "") in stored for text in recovery.texts)
    assert len(set(recovery.texts)) == 10
    assert recovery_codes.SCRYPT_N < 2**14, "tests use a lower cost"


def test_m2_each_character_is_drawn_by_the_system_and_a_code_has_59_bits() -> None:
    with patch.object(secrets, "choice", wraps=secrets.choice) as drawn:
        texts = recovery_codes.make().texts
    assert [call.args for call in drawn.call_args_list] == [(ALPHABET,)] * 10 * LENGTH
    assert {len(text.replace("-", "")) for text in texts} == {LENGTH}
    assert len(set(ALPHABET)) ** LENGTH > 2**59


@pytest.mark.parametrize("write", [str, str.upper, lambda text: text.replace("-", " ")])
def test_m2_a_recovery_code_signs_in_however_it_is_written(
    half: Client, recovery: RecoveryCodes, write: Callable[[str], str]
) -> None:
    response = half.post(f"{STEP}?recovery", {"code": write(recovery.texts[0])})
    assert response.headers["Location"] == "/admin/"
    assert is_signed_in(half)


def test_s1_the_second_step_changes_the_cookie_and_keeps_the_session(half: Client) -> None:
    before, named = half.cookies["session"].value, session_of(half)
    step(half, code())
    assert half.cookies["session"].value != before
    assert session_of(half) == named
    replayed = Client()
    replayed.cookies["session"] = before
    assert not is_signed_in(replayed)


def test_half_a_session_lasts_five_minutes(half: Client) -> None:
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    response = half.post(STEP, {"code": code()}, follow=True)
    assert response.redirect_chain == [(LOGIN, 302)]
    assert Session.objects.filter(stage=Session.Stage.HALF).get().ends_at < (
        timezone.now() + timedelta(minutes=5)
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda ada: User.objects.filter(pk=ada.pk).update(is_active=False),
        lambda ada: change_password(user=ada, raw="Another-horse-9", seen_hash=ada.password),
    ],
)
def test_half_a_session_ends_with_the_account_and_the_password(
    half: Client, ada: User, change: Callable[[User], object]
) -> None:
    change(ada)
    assert step(half, code()).headers["Location"] == LOGIN
    assert not is_signed_in(half)


def test_one_can_give_up_between_the_steps(half: Client) -> None:
    half.post("/accounts/logout/")
    assert half.get(LOGIN).status_code == 200
    assert half.get(STEP).headers["Location"] == LOGIN


def test_a_visitor_has_no_second_step(client: Client, db: None) -> None:
    assert client.get(STEP).headers["Location"] == LOGIN


def test_c3_no_code_is_sent_back_in_the_page(half: Client) -> None:
    assert "424242" not in step(half, "424242").content.decode()


def test_the_page_helps_phones_and_password_managers(half: Client) -> None:
    page = half.get(STEP).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


def fresh_half() -> Client:
    client = Client()
    client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    return client


def session_of(client: Client) -> object:
    key = client.cookies["session"].value
    return SessionStore(key).session_id


def kinds_of_mail() -> list[str]:
    return list(QueuedMail.objects.values_list("kind", flat=True))


def many_allowed() -> AbstractContextManager[object]:
    return patch.object(second_factor, "CODES", Rule("codes", ((1_000, DAY),)))
