"""One page's server-sent events.

- `state`: an article's badge, with the change's resume token as the event's id;
- `gone`: an article that its reader can no longer see;
- `reset`: everything that the page shows, anew, because what it missed is not known;
- `at`: nothing changed up to this id; a comment before it keeps proxies from closing the stream;
- `close`: the last one, after which the browser must not connect again.
"""

import json
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from bson import ObjectId
from django.utils import timezone

from kbsite import mongo
from knowledge.index_state import is_held
from knowledge.live.badges import badge, said_of
from knowledge.live.changes import PROJECTION, Change, article_of
from knowledge.live.followers import Follower
from knowledge.live.hub import Hub
from knowledge.models import Article

COMMENT_EVERY = 15.0
RECONNECT = "retry: 3000\n\n"
COMMENT = ": still here\n"
CLOSE = "event: close\ndata:\n\n"


async def page_events(hub: Hub, follower: Follower, *, after: str) -> AsyncGenerator[str, None]:
    """What a page that was told of all up to `after` (a token or "") is told from then on."""
    yield RECONNECT
    async with hub.following(follower):
        page = Page(hub, follower)
        for event in await page.begin(after):
            yield event
        while not follower.cut:
            for event in await page.next_events():
                yield event
                if event == CLOSE:
                    return


async def state_of_page(follower: Follower) -> dict[str, Any]:
    """The badges of what the page shows, and what it must not show any more."""
    seen = await _visible(follower)
    may_retry = follower.rights.edit
    return {
        "states": [badge(article, may_retry=may_retry) for article in seen],
        "gone": [str(key) for key in follower.articles - follower.shown],
    }


class Page:
    """The events of one page, and what time alone will change on it."""

    def __init__(self, hub: Hub, follower: Follower) -> None:
        self._hub = hub
        self._follower = follower
        self._leases: dict[ObjectId, float] = {}
        self._comment_at = time.monotonic() + COMMENT_EVERY

    async def begin(self, after: str) -> list[str]:
        """What was missed since `after`; everything anew where that cannot be told."""
        missed = await self._hub.missed(self._follower, after) if after else None
        if missed is None:
            return await self._reset()
        await _visible(self._follower)
        gone = [_gone(key) for key in self._follower.articles - self._follower.shown]
        told = [self._tell(change) for change in missed if self._follower.concerns(change)]
        return [*gone, *filter(None, told)]

    async def next_events(self) -> list[str]:
        """Waits for news, a lease that ends, or the time for a comment."""
        await self._follower.wait(self._next_time() - time.monotonic())
        if self._follower.over:
            return [CLOSE]
        if self._follower.stale:
            return await self._reset()
        if (change := self._follower.take()) is not None:
            return [self._tell(change)]
        return [*await self._expired(), *self._comment()]

    async def _reset(self) -> list[str]:
        self._follower.stale = False
        position = self._hub.position
        state = await state_of_page(self._follower)
        return [_event("reset", json.dumps(state), position)]

    def _tell(self, change: Change) -> str:
        article = change.article
        if article is not None and self._follower.may_see(article):
            self._follower.shown.add(article.pk)
            self._watch_lease(article)
            said = said_of(change, article, may_retry=self._follower.rights.edit)
            return _event("state", said, change.token)
        self._leases.pop(change.article_id, None)
        if change.article_id not in self._follower.shown:
            return ""
        self._follower.shown.discard(change.article_id)
        return _gone(change.article_id, change.token)

    def _watch_lease(self, article: Article) -> None:
        if article.pending and is_held(article) and article.lease_until is not None:
            seconds = (article.lease_until - timezone.now()).total_seconds()
            self._leases[article.pk] = time.monotonic() + seconds
        else:
            self._leases.pop(article.pk, None)

    async def _expired(self) -> list[str]:
        """The state of articles whose lease was not renewed in time, or was without our knowing."""
        now = time.monotonic()
        over = [key for key, until in self._leases.items() if until <= now]
        articles = await _read(self._follower, over) if over else []
        for key in over:
            self._leases.pop(key)
        told = [self._tell(Change(article.pk, article)) for article in articles]
        return [*filter(None, told)]

    def _comment(self) -> list[str]:
        if time.monotonic() < self._comment_at:
            return []
        self._comment_at = time.monotonic() + COMMENT_EVERY
        return [COMMENT + _event("at", "", self._hub.position)]

    def _next_time(self) -> float:
        return min([self._comment_at, *self._leases.values()])


async def _visible(follower: Follower) -> list[Article]:
    """Those of the page's articles that its reader may see; the page shows these from now on."""
    articles = await _read(follower, follower.articles)
    seen = [article for article in articles if follower.may_see(article)]
    follower.shown = {article.pk for article in seen}
    return seen


async def _read(follower: Follower, keys: Iterable[ObjectId]) -> list[Article]:
    """The state of these articles now, as far as they are of the reader's workspace."""
    query = {"_id": {"$in": list(keys)}, "workspace_id": follower.viewer.workspace_id}
    found = await mongo.async_articles().find(query, PROJECTION).to_list()
    return [article_of(document) for document in found]


def _gone(article_id: ObjectId, token: str = "") -> str:
    return _event("gone", json.dumps({"article": str(article_id)}), token)


def _event(name: str, data: str, token: str = "") -> str:
    """One server-sent event; `data` is a single line."""
    place = f"id: {token}\n" if token else ""
    return f"{place}event: {name}\ndata: {data}\n\n"
