"""Sessions on the server: accounts/sessions.py, and what browsers may expect of them."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as site_settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import sending, sessions
from accounts.models import Session, User
from accounts.sessions import SessionStore, digest
from accounts.visits import Visit
from kbsite import mongo
from tests.accounts.processes import in_another_process
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
PAGE, LOGIN = "/accounts/security/", "/accounts/login/"

SIGN_IN = f"""
import json
from django.http import HttpResponse
from django.test import Client
from knowledge.guests import remember_guest
client = Client(headers={{"host": "localhost"}})
fields = {{"username": "ada", "password": "{PASSWORD}"}}
client.get("/accounts/login/", secure=True)
client.post("/accounts/login/", fields, secure=True)
client.post("/api/v1/auth/login", fields, content_type="application/json", secure=True)
asked = HttpResponse()
remember_guest(asked, "somebody")
client.cookies.update(asked.cookies)
print(json.dumps({{name: dict(cookie) for name, cookie in client.cookies.items()}}))
"""


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


@pytest.fixture
def laptop(ada: User) -> Client:
    return signed_in()


def signed_in() -> Client:
    client = Client()
    client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def with_cookie(value: str) -> Client:
    client = Client()
    client.cookies["session"] = value
    return client


def move(**moments: Any) -> None:
    Session.objects.update(**moments)


def test_s1_keys_are_unique_and_have_128_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionStore, "exists", lambda *_: False)
    keys = {SessionStore()._get_new_session_key() for _ in range(10_000)}  # type: ignore[attr-defined]
    assert len(keys) == 10_000
    letters = set("".join(keys))
    assert all(len(key) >= 128 / 5 for key in keys), "5 bits or more in each of its characters"
    assert len(letters) >= 2**5


def test_s1_a_planted_key_is_not_taken_and_opens_nothing_after_signing_in(ada: User) -> None:
    victim = with_cookie("planted-by-somebody-else-00000000")
    victim.post(LOGIN, {"username": "ada", "password": PASSWORD})
    assert victim.cookies["session"].value != "planted-by-somebody-else-00000000"
    assert not is_in(with_cookie("planted-by-somebody-else-00000000"))
    assert is_in(victim)


def test_s1_a_visitors_key_opens_nothing_once_they_signed_in(ada: User) -> None:
    store = SessionStore()
    store["seen"] = True
    store.save()
    victim = with_cookie(str(store.session_key))
    victim.post(LOGIN, {"username": "ada", "password": PASSWORD})
    assert is_in(victim)
    assert not is_in(with_cookie(str(store.session_key)))
    assert Session.objects.get().pk == store.session_id, "the session goes on under another key"


def test_s1_whoever_has_the_old_key_cannot_write_what_they_read_by_it(db: None) -> None:
    store = SessionStore()
    store.save()
    late = SessionStore(store.session_key)
    late["mine"] = True
    store.cycle_key()
    store["signed"] = True
    store.save()
    with pytest.raises(UpdateError):
        late.save()
    assert dict(SessionStore(store.session_key).items()) == {"signed": True}


def test_only_the_digest_of_a_key_is_stored(laptop: Client) -> None:
    key = laptop.cookies["session"].value
    (stored,) = mongo.database()["sessions"].find()
    assert key not in str(stored)
    assert stored["key_hash"] == digest(key)


@pytest.mark.parametrize("ended", ["signed out", "deactivated", "password changed"])
def test_s2_an_old_cookie_opens_nothing(laptop: Client, ada: User, ended: str) -> None:
    cookie = laptop.cookies["session"].value
    if ended == "signed out":
        laptop.post("/accounts/logout/")
    elif ended == "deactivated":
        User.objects.update(is_active=False)
    else:
        ada.set_password("Fresh-horse-77")
        ada.save()
    assert not is_in(with_cookie(cookie))


def test_s2_a_revoked_session_is_kept_marked_until_the_audit_ends(laptop: Client) -> None:
    laptop.post("/accounts/logout/")
    session = Session.objects.get()
    assert (session.revoked_why, session.is_open) == ("signed out", False)
    kept = timedelta(days=site_settings.SESSION_DAYS + site_settings.AUDIT_DAYS)
    assert session.purge_at - session.created_at == kept
    [index] = [i for i in mongo.database().sessions.list_indexes() if "expireAfterSeconds" in i]
    assert (list(index["key"]), index["expireAfterSeconds"]) == (["purge_at"], 0)


def test_s2_revoking_during_a_sign_in_lets_nobody_in(laptop: Client, ada: User) -> None:
    store = SessionStore(laptop.cookies["session"].value)
    store.load()
    sessions.revoke_all(ada, why="test")
    with pytest.raises(SessionInterrupted):
        store.cycle_key()


def test_s3_a_new_session_has_the_sites_limits(ada: User, settings: Any) -> None:
    settings.SESSION_IDLE_HOURS, settings.SESSION_DAYS = 2, 20
    signed_in()
    session = Session.objects.get()
    assert session.expires_at - session.created_at == timedelta(hours=2)
    assert session.ends_at - session.created_at == timedelta(days=20)


def test_s3_an_idle_session_ends(laptop: Client) -> None:
    move(expires_at=timezone.now() - timedelta(seconds=1))
    assert not is_in(laptop)


def test_s3_a_used_session_ends_too_when_its_days_are_over(laptop: Client) -> None:
    move(ends_at=timezone.now() - timedelta(seconds=1))
    assert not is_in(laptop)


def test_s3_use_moves_the_idle_time_out_on_but_never_past_the_end(laptop: Client) -> None:
    now = timezone.now()
    move(last_seen_at=now - timedelta(hours=1), expires_at=now + timedelta(hours=1))
    is_in(laptop)
    idle = timedelta(hours=site_settings.SESSION_IDLE_HOURS)
    assert Session.objects.get().expires_at - now == pytest.approx(idle, abs=timedelta(minutes=1))
    soon = now + timedelta(hours=2)
    move(last_seen_at=now - timedelta(hours=1), ends_at=soon)
    is_in(laptop)
    stored = Session.objects.get()
    assert stored.expires_at == stored.ends_at


def test_s3_a_page_of_many_requests_writes_once(laptop: Client) -> None:
    before = Session.objects.get().last_seen_at
    for _ in range(3):
        is_in(laptop)
    assert Session.objects.get().last_seen_at == before


def test_s6_under_https_cookies_are_host_cookies(ada: User) -> None:
    cookies = json.loads(in_another_process(SIGN_IN, HTTPS="true").splitlines()[-1])
    refresh = cookies.pop("__Secure-refresh")
    assert refresh["secure"]
    assert refresh["httponly"]
    assert (refresh["samesite"], refresh["path"]) == ("Strict", "/api/v1/auth/")
    assert {f"__Host-{name}" for name in ("session", "csrf", "device", "guest")} == cookies.keys()
    for cookie in cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")


def test_the_async_ways_are_the_same(ada: User) -> None:
    async def live() -> None:
        store = SessionStore(visit=Visit("203.0.113.9", "Firefox"))
        await store.aset("colour", "red")
        await store.asave()
        old = store.session_key
        await store.acycle_key()
        await store.asave()
        assert await SessionStore(store.session_key).aget("colour") == "red"
        assert await SessionStore(old).aget("colour") is None
        await store.aflush()
        assert await Session.objects.acount() == 0

    async_to_sync(live)()


def test_a_visitors_session_is_removed_not_kept(db: None) -> None:
    store = SessionStore()
    store.save()
    store.flush()
    assert Session.objects.count() == 0


def test_a_session_knows_its_browser_and_address(ada: User) -> None:
    client = Client(headers={"user-agent": "Firefox/140.0"}, REMOTE_ADDR="203.0.113.9")
    client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    session = Session.objects.get()
    assert (session.user_agent, session.address) == ("Firefox/140.0", "203.0.113.9")


@pytest.mark.parametrize("key", ["", "x", "\x00", "a" * 5000, '{"$ne": 1}'])
def test_c1_a_made_up_key_is_nobodys(db: None, key: str) -> None:
    store = SessionStore(key)
    assert store.load() == {}
    assert not store.has_ended


def test_a_new_device_is_told_once_per_device(ada: User) -> None:
    first, second = signed_in(), Client()
    for client in (first, first, second, second):
        client.post("/accounts/logout/")
        client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    sending.send_due()
    told = [message for message in mail.outbox if "new device" in str(message.subject)]
    assert len(told) == 2


def test_a_browser_is_known_to_its_last_five_accounts(make_user: MakeUser) -> None:
    client = Client()
    for number in range(6):
        make_user(f"user{number}")
        client.post(LOGIN, {"username": f"user{number}", "password": PASSWORD})
        client.post("/accounts/logout/")
    mail.outbox.clear()
    sending.send_due()
    assert len(mail.outbox) == 6
    for number in (5, 0):
        client.post(LOGIN, {"username": f"user{number}", "password": PASSWORD})
        client.post("/accounts/logout/")
    sending.send_due()
    assert [message.to for message in mail.outbox[6:]] == [["user0@example.org"]]
