"""The page where one changes one's password, and who is held there."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts.models import AuditEvent, PasswordConflict, QueuedMail, User
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
PAGE = "/accounts/password/"
NEW = "Another-horse-9"


@pytest.fixture
def ada(client: Client, make_user: MakeUser) -> User:
    user = make_user("ada")
    client.force_login(user)
    return user


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = ""):  # type: ignore[no-untyped-def]
    fields = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(PAGE, fields)


def test_one_changes_the_password_and_stays_signed_in(client: Client, ada: User) -> None:
    assert change(client).headers["Location"] == "/"
    assert User.objects.get(pk=ada.pk).check_password(NEW)
    assert client.get(PAGE).status_code == 200


def test_s2_a_change_ends_the_other_sessions(client: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    change(client)
    assert elsewhere.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"


@pytest.mark.parametrize("old", ["Wrong-horse-9", "", "a\0b"])
def test_p8_without_the_current_password_nothing_changes(
    client: Client, ada: User, old: str
) -> None:
    errors = change(client, old=old).context["form"].errors
    assert list(errors) == ["old_password"]
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_p8_a_wrong_current_password_is_in_the_audit_log(client: Client, ada: User) -> None:
    change(client, old="Wrong-horse-9")
    assert AuditEvent.objects.get(action="identity.confirm").outcome == "refused"


def test_a_change_is_told_even_if_its_session_ends_meanwhile(client: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    with patch("accounts.signing_in.update_session_auth_hash", side_effect=SessionInterrupted):
        assert change(client).status_code == 400
    assert AuditEvent.objects.filter(action="password.change").exists()
    assert QueuedMail.objects.filter(kind="password_changed").exists()
    assert elsewhere.get(PAGE).status_code == 302


def test_p8_without_the_current_password_nobody_learns_the_old_ones(
    client: Client, ada: User
) -> None:
    errors = change(client, old="Wrong-horse-9", new=PASSWORD).context["form"].errors
    assert list(errors) == ["old_password"]


def test_p1_rules_are_told_though_the_current_password_is_wrong(client: Client, ada: User) -> None:
    errors = change(client, old="Wrong-horse-9", new="short").context["form"].errors
    assert set(errors) == {"old_password", "new_password1"}
    assert "Use at least 8 characters." in errors["new_password1"]
    assert "Add a digit." in errors["new_password1"]


def test_p8_tries_of_the_current_password_are_counted(client: Client, ada: User) -> None:
    for _ in range(5):
        assert change(client, old="Wrong-horse-9").status_code == 200
    answer = change(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries" in answer.context["form"].errors["old_password"][0]
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_p1_every_broken_rule_stands_next_to_the_field(client: Client, ada: User) -> None:
    errors = change(client, new="short").context["form"].errors["new_password1"]
    assert len(errors) >= 4


def test_p3_a_password_of_4097_characters_is_refused(client: Client, ada: User) -> None:
    errors = change(client, new="Aa1-" + "é" * 4_093).context["form"].errors
    assert list(errors) == ["new_password1"]
    assert User.objects.get(pk=ada.pk).password == ada.password


def test_a_used_password_and_a_slip_of_the_hand_are_refused(client: Client, ada: User) -> None:
    errors = change(client, new=PASSWORD, again=f"{PASSWORD} ").context["form"].errors
    assert errors["new_password1"] == [
        "You have used this password before. Choose one that is new."
    ]
    assert errors["new_password2"] == ["The two new passwords are not the same."]


@pytest.mark.parametrize("new", [" Another horse 9 ", "Another\0horse-9", "Aa1-" + "é" * 4092])
def test_p2_p4_a_password_is_kept_as_it_was_typed(client: Client, ada: User, new: str) -> None:
    assert change(client, new=new).status_code == 302
    user = User.objects.get(pk=ada.pk)
    assert user.check_password(new)
    assert not user.check_password(new.strip(" é").replace("\0", ""))


def test_a_change_that_came_second_is_told_so(client: Client, ada: User) -> None:
    with patch.object(User, "replace_hash", side_effect=PasswordConflict):
        response = change(client)
    assert "changed elsewhere meanwhile" in response.content.decode()
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_c2_the_form_refuses_a_post_without_the_token(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert change(client).status_code == 403


def test_the_page_is_for_those_signed_in(client: Client, db: None) -> None:
    assert client.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"


@pytest.fixture
def held(client: Client, ada: User) -> User:
    User.objects.filter(pk=ada.pk).update(must_change_password=True)
    return ada


@pytest.mark.parametrize("path", ["/", "/admin/", "/w/team/", "/accounts/login/", "/nowhere"])
def test_whoever_must_change_gets_to_no_other_page(client: Client, held: User, path: str) -> None:
    assert client.get(path).headers["Location"] == PAGE
    assert client.post(path).headers["Location"] == PAGE


def test_whoever_must_change_may_change_or_leave(client: Client, held: User) -> None:
    assert client.get(PAGE).status_code == 200
    assert client.get(reverse("healthz")).status_code == 200
    assert change(client).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    User.objects.update(must_change_password=True)
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_whoever_must_change_gets_403_from_the_api(client: Client, held: User) -> None:
    response = client.post("/api/v1/workspaces/team/answers")
    assert response.status_code == 403
    assert response.json()["detail"] == "Your password has to be changed before anything else."


def test_whoever_must_change_is_led_there_by_htmx_too(client: Client, held: User) -> None:
    response = client.get("/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == PAGE


def test_under_asgi_too(make_user: MakeUser) -> None:
    user, client = make_user("ada", must_change_password=True), AsyncClient()

    async def visit() -> None:
        await client.aforce_login(user)
        assert (await client.get("/admin/")).headers["Location"] == PAGE
        assert (await client.get(PAGE)).status_code == 200

    async_to_sync(visit)()
