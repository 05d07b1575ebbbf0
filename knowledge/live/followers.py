"""One open page: what it shows, what its reader may see, and the news that wait to be sent."""

import asyncio
from collections import deque
from typing import Final

from bson import ObjectId

from knowledge.access import Rights, may_read
from knowledge.live.changes import Change
from knowledge.live.viewers import Viewer
from knowledge.models import Article

MAX_WAITING: Final = 100


class Follower:
    """The news for one page. `articles` are those that it shows; none stands for all.

    `stale`: the page must be told everything anew, because it could not keep up or because its
    reader's rights changed. `over`: its reader may see nothing any more. `cut`: nobody knows by
    now what they may see; their browser is to ask again.
    """

    def __init__(self, viewer: Viewer, rights: Rights, articles: frozenset[ObjectId]) -> None:
        self.viewer = viewer
        self.rights = rights
        self.articles = articles
        self.shown: set[ObjectId] = set()
        self.seen_until = ""
        self.stale = self.over = self.cut = False
        self._waiting: deque[Change] = deque()
        self._news = asyncio.Event()

    def may_see(self, article: Article | None) -> bool:
        return article is not None and may_read(self.rights, article)

    def concerns(self, change: Change) -> bool:
        """Whether the page may show the article: in its workspace, or shown before."""
        if change.article is None:
            return change.article_id in self.shown
        if change.article.workspace_id != self.viewer.workspace_id:
            return False
        return not self.articles or change.article_id in self.articles

    def offer(self, change: Change) -> None:
        """Keep the news until the page has taken what came before."""
        if self.stale or not self.concerns(change):
            return
        if len(self._waiting) >= MAX_WAITING:
            self.start_over()
        else:
            self._waiting.append(change)
            self._news.set()

    def start_over(self) -> None:
        self.stale = True
        self._waiting.clear()
        self._news.set()

    def grant(self, rights: Rights | None) -> None:
        """What the reader may see from now on; None for nothing."""
        if rights is None:
            self.over = True
            self._news.set()
        elif rights != self.rights:
            self.rights = rights
            self.start_over()

    def cut_off(self) -> None:
        self.cut = True
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Until there is something to do, or the time is over."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._news.wait()
        except TimeoutError:
            return

    def take(self) -> Change | None:
        """The next news, which the page has not been told already."""
        while self._waiting:
            change = self._waiting.popleft()
            if not change.token or change.token > self.seen_until:
                return change
        if not (self.stale or self.over or self.cut):
            self._news.clear()
        return None
