"""A running site, and pages of people that watch it."""

import json
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from knowledge.models import Article, Role, Workspace
from tests.knowledge.site import Site, Visit

Watch = Callable[..., "Watching"]


class Watching:
    """An open page: the events that it was sent so far."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._taken = 0

    def next(self) -> tuple[str, dict[str, Any], str]:
        """The next event: its name, data and id."""
        while True:
            event, end, _ = self._rest().partition("\n\n")
            if end:
                break
            self.visit.more()
        self._taken += len(event) + len(end)
        lines = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
        if "event" not in lines:
            return self.next()
        data = lines.get("data", "")
        return lines["event"], json.loads(data) if data else {}, lines.get("id", "")

    def until(self, name: str, **expected: Any) -> tuple[dict[str, Any], str]:
        """Take events up to one of this name and data; its data and id."""
        while True:
            got, data, token = self.next()
            if got == name and expected.items() <= data.items():
                return data, token

    def _rest(self) -> str:
        return self.visit.read.partition("\r\n\r\n")[2][self._taken :]


def cookie_of(client: Client) -> str:
    cookies: SimpleCookie = client.cookies
    return f"Cookie: session={cookies[settings.SESSION_COOKIE_NAME].value}\r\n"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor(workspace: Workspace, make_user: Callable[..., User]) -> User:
    return make_user("edith", workspace=workspace, role=Role.EDITOR)


@pytest.fixture
def watch(site: Site, editor: User) -> Iterator[Watch]:
    """Open the stream of a page that shows the articles, or of one about all."""
    opened: list[Watching] = []

    def open_(
        *articles: Article, user: User = editor, last: str = "", headers: str = "", **how: Any
    ) -> Watching:
        query = "&".join([f"last={last}", *(f"article={article.pk}" for article in articles)])
        headers += cookie_of(signed_in(user))
        opened.append(Watching(site.open(f"/w/team/live?{query}", headers=headers, **how)))
        return opened[-1]

    yield open_
    for page in opened:
        page.visit.close()
