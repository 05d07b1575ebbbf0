"""My account: its overview, and ending sessions from it."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Session, User
from accounts.programs import program_of
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
SECURITY = "/accounts/security/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36"
)


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


@pytest.fixture
def sign_in(ada: User) -> Callable[..., Client]:
    """A browser in which somebody has signed in."""

    def open_(agent: str = FIREFOX, username: str = "ada") -> Client:
        client = Client(headers={"user-agent": agent, "accept": "text/html"})
        client.post("/accounts/login/", {"username": username, "password": PASSWORD})
        return client

    return open_


def text_of(client: Client) -> str:
    return unescape(client.get(SECURITY).content.decode())


def session_of(client: Client) -> Session:
    (found,) = Session.objects.filter(user_agent=client.defaults["HTTP_USER_AGENT"])
    return found


def is_in(client: Client) -> bool:
    return client.get(SECURITY).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (CHROME, "Chrome on Linux"),
        (f"{CHROME} Edg/138.0.0.0", "Edge on Linux"),
        (f"{CHROME} OPR/120.0.0.0", "Opera on Linux"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", None),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("", "An unknown program"),
        ("<script>alert(1)</script>", "An unknown program"),
    ],
)
def test_a_user_agent_is_told_in_plain_words(agent: str, words: str | None) -> None:
    assert program_of(agent) == (words or "Firefox on Android")


def test_s4_the_page_lists_my_sessions_and_marks_this_one(
    sign_in: Callable[..., Client], make_user: MakeUser
) -> None:
    make_user("eve")
    here, _, _ = sign_in(), sign_in(SAFARI), sign_in(CHROME, "eve")
    page = text_of(here)
    assert (
        page.index("Firefox on Windows") < page.index("this one") < page.index("Safari on iPhone")
    )
    assert page.count("this one</span>") == 1
    assert "Chrome on Linux" not in page
    assert "127.0.0.1" in page


def test_s4_one_of_three_is_revoked_and_its_next_click_lands_on_sign_in(
    sign_in: Callable[..., Client],
) -> None:
    here, phone, work = sign_in(), sign_in(SAFARI), sign_in(CHROME)
    address = reverse("accounts:session_revoke", args=[session_of(phone).pk])
    assert "Safari on iPhone is signed out" in here.post(address, follow=True).content.decode()
    landed = phone.get("/?page=2")
    assert landed["Location"] == "/accounts/login/?ended=1&next=/%3Fpage%3D2"
    assert "You were signed out here" in phone.get(landed["Location"]).content.decode()
    assert (is_in(here), is_in(phone), is_in(work)) == (True, False, True)
    assert session_of(phone).revoked_why == "revoked by its owner"
    assert AuditEvent.objects.filter(action="session.revoke").count() == 1


def test_s4_all_but_this_one_are_revoked(sign_in: Callable[..., Client]) -> None:
    here, phone, work = sign_in(), sign_in(SAFARI), sign_in(CHROME)
    here.post(reverse("accounts:sessions_revoke_others"))
    assert (is_in(here), is_in(phone), is_in(work)) == (True, False, False)


def test_s4_revoking_this_one_signs_out(sign_in: Callable[..., Client]) -> None:
    here = sign_in()
    address = reverse("accounts:session_revoke", args=[session_of(here).pk])
    assert here.post(address)["Location"] == "/accounts/login/"
    assert not is_in(here)


@pytest.mark.parametrize("session", ["nonsense", "0" * 24, "theirs"])
def test_t5_nobody_revokes_what_is_not_theirs(
    sign_in: Callable[..., Client], make_user: MakeUser, session: str
) -> None:
    make_user("eve")
    theirs, here = sign_in(CHROME, "eve"), sign_in()
    pk = session_of(theirs).pk if session == "theirs" else session
    assert here.post(reverse("accounts:session_revoke", args=[pk])).status_code == 404
    assert is_in(theirs)


def test_after_landing_on_sign_in_once_the_browser_is_a_visitors(
    sign_in: Callable[..., Client],
) -> None:
    here = sign_in()
    Session.objects.update(expires_at="2020-01-01T00:00Z")
    assert here.get("/").status_code == 302
    assert here.get("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/reset/link/token/", 404),
        ("/accounts/email/link/token/", 404),
        ("/invitations/token", 404),
        ("/accounts/register/", 200),
        ("/accounts/reset/", 200),
        ("/accounts/login/", 200),
    ],
)
def test_a_page_for_whoever_has_no_account_answers_also_in_a_browser_that_was_signed_out(
    sign_in: Callable[..., Client], path: str, status: int
) -> None:
    here = sign_in()
    Session.objects.update(expires_at="2020-01-01T00:00Z")
    answer = here.get(path)
    assert answer.status_code == status
    assert answer.cookies["session"].value == ""


def test_recent_events_are_told_in_words(sign_in: Callable[..., Client]) -> None:
    Client().post("/accounts/login/", {"username": "ada", "password": "Wrong-horse-9"})
    page = text_of(sign_in())
    assert "What happened lately" in page
    assert page.index("Signed in") < page.index("refused")


def test_the_menu_leads_to_the_page(sign_in: Callable[..., Client]) -> None:
    assert f'href="{SECURITY}"' in sign_in().get("/").content.decode()
