"""What an administrator does to people: accounts/managing.py by the actions of the panel."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import api_tokens, managing, mfa, sessions, signing_in
from accounts.confirming_identity import PASSWORDS
from accounts.models import QueuedMail, Session, User
from accounts.password_forms import TRIES
from accounts.throttling import Rule, TooMany, count
from tests.accounts.admin.pages import (
    PEOPLE,
    ask,
    change_page,
    do,
    password_page,
    recorded,
    text_of,
)
from tests.accounts.authenticator import give_second_factor, visit
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
AT_ONCE = ("deactivate", "force_change", "sign_out")


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


@pytest.fixture
def at_home(ada: User) -> Client:
    """Ada's own browser, signed in."""
    browser = Client()
    browser.force_login(ada)
    return browser


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def is_signed_in(browser: Client) -> bool:
    return browser.get("/accounts/password/").status_code == 200


@pytest.mark.parametrize("name", AT_ONCE)
def test_s2_each_signs_the_person_out_at_once(
    client: Client, admin: User, ada: User, at_home: Client, name: str
) -> None:
    assert is_signed_in(at_home)
    assert "1." in do(client, name, ada)
    assert not is_signed_in(at_home)
    assert not sessions.open_sessions(ada)
    assert Session.objects.get(user=ada).revoked_why


def test_nothing_is_done_before_it_is_confirmed(client: Client, admin: User, ada: User) -> None:
    page = ask(client, "deactivate", ada)
    assert "Deactivate these people?" in text_of(page)
    assert "ada" in text_of(page)
    assert fresh(ada).is_active


def test_several_are_done_at_once_and_each_is_recorded(
    client: Client, admin: User, make_user: MakeUser
) -> None:
    people = [make_user(name) for name in ("ada", "eve", "ida")]
    assert "Deactivated: 3." in do(client, "deactivate", *people)
    assert not User.objects.filter(is_active=True).exclude(pk=admin.pk).exists()
    assert {event.target_name for event in recorded("user.deactivate")} == {"ada", "eve", "ida"}
    assert {event.actor_name for event in recorded("user.deactivate")} == {"root"}


def test_somebody_deactivated_cannot_sign_in_before_they_are_activated(
    client: Client, admin: User, ada: User
) -> None:
    do(client, "deactivate", ada)
    assert not Client().login(username="ada", password=PASSWORD)
    do(client, "activate", ada)
    assert Client().login(username="ada", password=PASSWORD)
    assert recorded("user.activate")


def test_a_demanded_change_leaves_only_the_change_page_after_signing_in(
    client: Client, admin: User, ada: User
) -> None:
    do(client, "force_change", ada)
    browser = Client()
    browser.login(username="ada", password=PASSWORD)
    assert browser.get("/").headers["Location"] == "/accounts/password/"
    assert recorded("password.force_change")[0].target_name == "ada"


def test_r2_an_administrator_unlocks_somebody(client: Client, admin: User, ada: User) -> None:
    for _ in range(5):
        count(signing_in.NAME, ada.username_key)
    with pytest.raises(TooMany):
        count(signing_in.NAME, ada.username_key)
    do(client, "unlock", ada)
    count(signing_in.NAME, ada.username_key)
    assert recorded("user.unlock")


@pytest.mark.parametrize("rule", [mfa.CODES, PASSWORDS, TRIES], ids=lambda rule: rule.name)
def test_r2_wrong_codes_and_confirmations_are_unlocked_with_it(
    client: Client, admin: User, ada: User, rule: Rule
) -> None:
    with suppress(TooMany):
        for _ in range(100):
            count(rule, ada.pk)
    do(client, "unlock", ada)
    count(rule, ada.pk)


def test_s2_ending_all_sessions_ends_api_tokens_and_an_email_change(
    client: Client, admin: User, ada: User
) -> None:
    User.objects.filter(pk=ada.pk).update(email_pending="evil@example.org")
    api_tokens.make(ada, name="Theirs", scopes=["read"], days=9, request=visit())
    do(client, "sign_out", ada)
    assert not api_tokens.tokens_of(ada).exists()
    assert fresh(ada).email_pending == ""


def test_a_second_step_is_reset_with_a_reason_only(
    client: Client, admin: User, ada: User, at_home: Client
) -> None:
    assert "They have no second step" in do(client, "reset_mfa", ada, reason="Lost the phone")
    give_second_factor(ada)
    assert "This field is required" in do(client, "reset_mfa", ada, reason=" ")
    assert fresh(ada).has_mfa
    do(client, "reset_mfa", ada, reason="Lost the phone")
    assert not fresh(ada).has_mfa
    assert not is_signed_in(at_home)
    (event,) = recorded("mfa.reset")
    assert (event.target_name, event.details) == ("ada", {"reason": "Lost the phone"})


def test_m3_nobody_resets_their_own_second_step_here(client: Client, admin: User) -> None:
    give_second_factor(admin)
    assert "Left as they are: 1." in do(client, "reset_mfa", admin, reason="No phone")
    assert fresh(admin).has_mfa


@pytest.mark.parametrize("name", AT_ONCE)
def test_nobody_does_it_to_themselves(client: Client, admin: User, ada: User, name: str) -> None:
    page = do(client, name, admin, ada)
    assert "Left as they are: 1. Nobody does this to their own account" in page
    assert fresh(admin).is_active
    assert not fresh(admin).must_change_password
    assert client.get("/admin/").status_code == 200


def test_a_button_on_the_persons_page_asks_and_comes_back(
    client: Client, admin: User, ada: User
) -> None:
    page = text_of(client.get(change_page(ada)))
    assert 'name="action" value="force_change"' in page
    assert 'value="activate"' not in page
    question = text_of(ask(client, "force_change", ada, from_page="yes"))
    assert f'href="{change_page(ada)}"' in question
    given = {"action": "force_change", "_selected_action": str(ada.pk), "confirmed": "yes"}
    done = client.post("/admin/accounts/user/", given | {"from_page": "yes"})
    assert done.headers["Location"] == change_page(ada)


def test_ones_own_page_has_no_buttons(client: Client, admin: User) -> None:
    assert 'name="action"' not in text_of(client.get(change_page(admin)))


def test_administrators_who_deactivate_each_other_at_once_leave_one(
    make_user: MakeUser,
) -> None:
    people = [make_user(name, is_superuser=True) for name in ("ada", "eve")]

    def attempt(pair: tuple[User, User]) -> bool:
        try:
            managing.deactivate(pair[0], by=pair[1], request=RequestFactory().get("/"))
        except managing.NotDone:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(attempt, [(people[0], people[1]), (people[1], people[0])]))
    assert sorted(done) == [False, True]
    assert User.objects.filter(is_active=True).count() == 1


def test_who_becomes_an_administrator_and_who_stops_being_one_is_recorded(
    client: Client, admin: User, make_user: MakeUser
) -> None:
    eve = make_user("eve", is_superuser=True, is_staff=True)
    fields = {"username": "eve", "email": eve.email}
    assert client.post(change_page(eve), fields).status_code == 302
    assert not fresh(eve).is_superuser
    assert recorded("user.demote")[0].target_name == "eve"
    client.post(change_page(eve), fields | {"is_superuser": "on"})
    assert recorded("user.promote")[0].target_name == "eve"


def test_m4_another_address_is_unconfirmed_and_the_old_one_is_told(
    client: Client, admin: User, ada: User
) -> None:
    User.objects.filter(pk=ada.pk).update(email_verified_at=timezone.now())
    client.post(change_page(ada), {"username": "ada", "email": "new@example.org"})
    assert fresh(ada).email_verified_at is None
    mail = QueuedMail.objects.get(kind="email_changed")
    assert mail.facts["send_to"] == "ada@example.org"
    assert recorded("user.change")[0].details == {"fields": "email"}


def test_whose_address_an_administrator_corrects_needs_no_mail_to_sign_in(
    client: Client, admin: User, ada: User
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    User.objects.filter(pk=ada.pk).update(email_pending="a@b.c", unconfirmed_until=tomorrow)
    assert "active, not confirmed" in text_of(client.get(PEOPLE))
    client.post(change_page(ada), {"username": "ada", "email": "new@example.org"})
    assert "not confirmed" not in text_of(client.get(PEOPLE))
    browser = Client()
    browser.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert is_signed_in(browser)


def test_m4_an_administrators_own_address_is_not_changed_here(client: Client, admin: User) -> None:
    client.post(change_page(admin), {"username": "root", "email": "new@example.org"})
    assert fresh(admin).email == "root@example.org"


def test_saving_nothing_new_is_not_an_event(client: Client, admin: User, ada: User) -> None:
    client.post(change_page(ada), {"username": "ada", "email": ada.email})
    assert not recorded("user.change")


def test_s2_a_given_password_signs_the_person_out_and_is_told_and_recorded(
    client: Client, admin: User, ada: User, at_home: Client
) -> None:
    given = "Another-horse-9"
    client.post(password_page(ada), {"password1": given, "password2": given})
    assert not is_signed_in(at_home)
    assert QueuedMail.objects.get().kind == "password_changed"
    assert recorded("password.set")[0].target_name == "ada"
    client.post(password_page(ada), {"password1": "short", "password2": "short"})
    assert len(recorded("password.set")) == 1


def test_making_and_deleting_people_is_recorded(client: Client, admin: User) -> None:
    new = {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/admin/accounts/user/add/", new)
    eve = User.objects.get(username="eve")
    client.post(f"/admin/accounts/user/{eve.pk}/delete/", {"post": "yes"})
    assert [recorded(name)[0].target_name for name in ("user.create", "user.delete")] == ["eve"] * 2
