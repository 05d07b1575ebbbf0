"""Who may follow a stored answer: its scope, its sources, and at this moment (T5, T6)."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts import managing, sessions
from accounts.models import User
from knowledge.answers import pacing
from knowledge.answers.events import Event, TokenEvent
from knowledge.editing import edit_article, trash_article
from knowledge.models import Article, Membership, Role, Visibility, Workspace
from tests.accounts.authenticator import visit as a_visit
from tests.conftest import PASSWORD
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import Opened
from tests.knowledge.site import Site

Open = Callable[..., Opened]
NEW_PASSWORD = {
    "old_password": PASSWORD,
    "new_password1": "Another-horse-9",
    "new_password2": "Another-horse-9",
}
MakeUser = Callable[..., User]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def header(client: Client) -> str:
    return f"Cookie: session={client.cookies['session'].value}\r\n"


def cookie_of(user: User) -> str:
    return header(signed_in(user))


def status(site: Site, path: str, user: User | None = None) -> int:
    return site.open(path, headers=cookie_of(user) if user else "").status


@pytest.fixture
def member(make_user: MakeUser, workspace: Workspace) -> User:
    return make_user("member", workspace=workspace, role=Role.VIEWER)


def test_t5_a_visitor_cannot_follow_what_a_member_asked(
    site: Site, opened: Open, member: User
) -> None:
    answer = opened(asker=member)
    assert status(site, answer.path + "/stream") == 404
    assert status(site, answer.path + "/stream", member) == 200


def test_t5_an_editors_answer_is_closed_to_viewers(
    site: Site, opened: Open, member: User, make_user: MakeUser, workspace: Workspace
) -> None:
    answer = opened(asker=make_user("editor", workspace=workspace, role=Role.EDITOR))
    assert status(site, answer.path + "/stream", member) == 404


def test_t5_another_workspaces_answer_is_not_found_through_ones_own(
    site: Site,
    opened: Open,
    member: User,
    make_user: MakeUser,
    make_workspace: Callable[..., Workspace],
) -> None:
    own = make_workspace("own")
    stranger = make_user("stranger", workspace=own, role=Role.ADMIN)
    answer = opened(asker=member)
    for slug in ("own", "team"):
        assert status(site, f"/w/{slug}/answers/{answer.id}/stream", stranger) == 404


@pytest.mark.parametrize("unknown", ["0" * 24, "nonsense", "{%22$ne%22:1}"])
def test_t5_unknown_answers_are_not_found(site: Site, workspace: Workspace, unknown: str) -> None:
    assert status(site, f"/w/team/answers/{unknown}/stream") == 404
    assert status(site, "/w/nowhere/answers/" + "0" * 24 + "/stream") == 404


def test_t5_a_closed_workspace_takes_its_answers_with_it(
    site: Site, opened: Open, workspace: Workspace
) -> None:
    answer = opened()
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    assert status(site, answer.path + "/stream") == 404


@pytest.mark.parametrize("change", ["withdrawn", "narrowed", "edited"])
def test_t6_an_answer_is_not_replayed_once_a_source_changed(
    site: Site, opened: Open, articles: list[Article], change: str
) -> None:
    answer = opened()
    assert "The port is 8000" in site.open(answer.path + "/stream").body
    article = Article.objects.get(pk=articles[0].pk)
    if change == "withdrawn":
        trash_article(article, seen=article.version, author=None)
    elif change == "narrowed":
        edit_article(article, seen=article.version, author=None, visibility=Visibility.PRIVATE)
    else:
        Article.objects.filter(pk=article.pk).update(indexed_revision=2)
    visit = site.open(answer.path + "/stream")
    assert visit.status == 200
    [(failed, message), (close, _)] = visit.events
    assert (failed, close) == ("failed", "close")
    assert "Ask again" in message
    assert "8000" not in message


def test_t6_a_member_who_is_removed_gets_no_more_of_an_open_stream(
    site: Site,
    model: OpenAIServer,
    opened: Open,
    member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "CHECK_EVERY", 0.05)
    model.script(["Known ", "secret"], hold_after=1)
    visit = site.open(opened(asker=member).path + "/stream", headers=cookie_of(member))
    visit.until("Known")
    Membership.objects.all().delete()
    visit.until("You may no longer read this answer.")
    model.release()
    assert [name for name, _ in visit.events][-2:] == ["failed", "close"]
    assert "secret" not in visit.until("close")


def deactivate(user: User) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    managing.deactivate(user, by=root, request=a_visit())


ENDED: dict[str, Callable[[Client, User], object]] = {
    "revoked": lambda _, member: sessions.revoke_all(member, why="test"),
    "signed out": lambda browser, _: browser.post("/accounts/logout/"),
    "deactivated": lambda _, member: deactivate(member),
    "another password": lambda browser, _: browser.post("/accounts/password/", NEW_PASSWORD),
}


@pytest.mark.parametrize("way", ENDED)
def test_s2_an_open_answer_ends_within_two_seconds_of_its_session(
    site: Site, model: OpenAIServer, opened: Open, member: User, way: str
) -> None:
    model.script(["Known ", "secret"], hold_after=1)
    reading, elsewhere = (signed_in(member) for _ in range(2))
    cookie = header(reading)
    visit = site.open(opened(asker=member).path + "/stream", headers=cookie)
    visit.until("Known")
    ended = time.monotonic()
    ENDED[way](reading if way == "signed out" else elsewhere, member)
    visit.until("event: close")
    assert time.monotonic() - ended < 2
    model.release()
    assert "secret" not in visit.read
    # and the old cookie opens nothing any more
    assert site.open("/accounts/security/", headers=cookie).status == 302


@pytest.mark.parametrize("silence", [0.0, 0.7])
def test_s2_access_is_looked_at_in_time_also_after_a_late_word(
    monkeypatch: pytest.MonkeyPatch, silence: float
) -> None:
    monkeypatch.setattr(pacing, "CHECK_EVERY", 0.8)

    async def events() -> AsyncGenerator[Event, None]:
        await asyncio.sleep(silence)
        yield TokenEvent(text="late")
        await asyncio.sleep(10)

    async def looked_after() -> float:
        looked = asyncio.Event()

        async def check() -> None:
            looked.set()

        started = time.monotonic()
        async with aclosing(pacing.paced(events(), pause=0, check=check)) as batches:
            async for _ in batches:
                if looked.is_set():
                    break
        return time.monotonic() - started

    assert asyncio.run(looked_after()) < 1.3  # 0.8, and not 1.5


def test_guests_answers_expire_and_members_do_not(opened: Open, member: User) -> None:
    left = opened().stored["expires_at"] - datetime.now(UTC)
    assert 29 <= left.days <= 30
    assert "expires_at" not in opened(asker=member).stored
