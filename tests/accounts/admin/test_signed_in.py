"""Sessions and API tokens in the panel: accounts/admin/signed_in.py; and who gets into it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import sessions, signing_in
from accounts.models import ApiToken, Session, User
from tests.accounts.admin.pages import (
    EVENTS,
    PEOPLE,
    SESSIONS,
    TOKENS,
    change_page,
    do,
    password_page,
    recorded,
    shown,
    text_of,
)

MakeUser = Callable[..., User]


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


@pytest.fixture
def at_home(ada: User) -> Client:
    browser = Client(headers={"user-agent": "Firefox"}, REMOTE_ADDR="192.0.2.7")
    browser.force_login(ada)
    browser.get("/")
    return browser


@pytest.fixture
def token(ada: User) -> ApiToken:
    return ApiToken.objects.create(
        user=ada,
        name="Backup script",
        scopes=["read"],
        token_hash="c0ffee" * 10,
        hint="wxyz",
        expires_at=timezone.now() + timedelta(days=1),
    )


def test_s4_an_administrator_finds_and_ends_one_of_a_persons_sessions(
    client: Client, admin: User, ada: User, at_home: Client
) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    one, other = sorted(shown(client, SESSIONS, user=str(ada.pk)), key=lambda each: each.pk)
    assert "Ended: 1." in do(client, "revoke", one, at=SESSIONS)
    assert at_home.get("/accounts/password/").status_code == 302
    assert elsewhere.get("/accounts/password/").status_code == 200
    assert recorded("session.revoke")[0].target_name == "ada"
    assert shown(client, SESSIONS, user=str(ada.pk), state="open") == [other]
    assert shown(client, SESSIONS, user=str(ada.pk), state="revoked") == [one]


def test_a_session_that_has_ended_is_left_alone(
    client: Client, admin: User, ada: User, at_home: Client
) -> None:
    (session,) = shown(client, SESSIONS, q="ada")
    sessions.revoke(session, why="signed out")
    assert "Left as they are: 1." in do(client, "revoke", session, at=SESSIONS)
    assert Session.objects.get(pk=session.pk).revoked_why == "signed out"


@pytest.mark.parametrize("words", ["ada", "ADA@example.org"])
def test_sessions_are_found_by_person(
    client: Client, admin: User, at_home: Client, words: str
) -> None:
    assert [each.user.username for each in shown(client, SESSIONS, q=words)] == ["ada"]
    assert shown(client, SESSIONS, q="nobody") == []
    assert shown(client, SESSIONS, user="nonsense") == []


def test_visitors_sessions_are_not_listed(client: Client, admin: User) -> None:
    visitor = Client()
    store = sessions.SessionStore()
    store["seen"] = True
    store.save()
    visitor.get("/")
    assert [each.user for each in shown(client, SESSIONS)] == [admin]


def test_an_administrator_revokes_a_token(
    client: Client, admin: User, ada: User, token: ApiToken
) -> None:
    assert shown(client, TOKENS, user=str(ada.pk), state="works") == [token]
    assert "Revoked: 1." in do(client, "revoke", token, at=TOKENS)
    assert ApiToken.objects.get().revoked_at
    assert shown(client, TOKENS, q="ada", state="works") == []
    assert recorded("token.revoke")[0].details["name"] == "Backup script"
    assert "Left as they are: 1." in do(client, "revoke", token, at=TOKENS)


@pytest.mark.parametrize("at", [SESSIONS, TOKENS, EVENTS])
def test_nothing_is_added_changed_or_deleted_in_what_is_only_looked_at(
    client: Client, admin: User, at_home: Client, token: ApiToken, at: str
) -> None:
    assert client.get(f"{at}add/").status_code == 403
    do(client, "revoke", token, at=TOKENS)
    row = shown(client, at)[0]
    assert client.get(f"{at}{row.pk}/change/").status_code == 200
    assert client.post(f"{at}{row.pk}/change/", {"address": "x"}).status_code == 403
    assert client.post(f"{at}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in text_of(client.get(at))


def test_no_page_of_the_panel_holds_a_hash_or_a_secret(
    client: Client, admin: User, ada: User, at_home: Client, token: ApiToken
) -> None:
    marks = {"mfa_secret": "sealedsecret", "mfa_pending": "sealedpending"}
    marks |= {"recovery_salt": "saltedsalt"}
    User.objects.filter(pk=ada.pk).update(recovery_codes=["recoveryhash"], **marks)
    session = Session.objects.get(user=ada)
    Session.objects.filter(pk=session.pk).update(
        refresh_hash="refreshhash", spent_refresh=["spenthash"], successor="sealedsuccessor"
    )
    session.refresh_from_db()
    secrets = [*marks.values(), "recoveryhash", "refreshhash", "spenthash", "sealedsuccessor"]
    secrets += [ada.password, ada.password.split("$")[-1], token.token_hash]
    secrets += [session.key_hash, session.auth_hash, session.data]
    secrets += [at_home.cookies["session"].value]
    lists = [PEOPLE, SESSIONS, TOKENS, EVENTS, "/admin/"]
    rows = [f"{SESSIONS}{session.pk}/change/", f"{TOKENS}{token.pk}/change/"]
    of_ada = [change_page(ada), password_page(ada), f"{PEOPLE}{ada.pk}/delete/"]
    of_ada += [f"{PEOPLE}{ada.pk}/history/"]
    for page in [*lists, *rows, *of_ada]:
        response = client.get(page)
        assert response.status_code == 200, page
        assert [secret for secret in secrets if secret in text_of(response)] == [], page


def test_m3_somebody_half_signed_in_is_nobody_to_the_panel(make_user: MakeUser) -> None:
    root = make_user("root", is_superuser=True, is_staff=True)
    request = RequestFactory().get("/")
    request.session = sessions.SessionStore()
    request.user = AnonymousUser()
    signing_in.open_half(request, root, to="/admin/")
    request.session.save()
    browser = Client()
    browser.cookies["session"] = str(request.session.session_key)
    for page in ("/admin/", PEOPLE, SESSIONS, EVENTS, f"{EVENTS}export/csv"):
        response = browser.get(page)
        assert response.status_code == 302, page
        assert response.headers["Location"].startswith("/a"), page
        assert browser.get(page, follow=True).redirect_chain[-1][0].startswith("/accounts/"), page
    given = {"action": "deactivate", "_selected_action": str(root.pk), "confirmed": "yes"}
    assert browser.post(PEOPLE, given).status_code == 302
    assert User.objects.get().is_active
