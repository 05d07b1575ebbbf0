"""What polling tells is so: the badge of an article that was merely left out stays."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from knowledge.live import polling
from knowledge.live.polling import Poller
from knowledge.models import Article, Workspace


@pytest.mark.parametrize(("most", "gone"), [(2, 0), (3, 1)])
def test_only_what_was_looked_for_and_not_found_is_gone(
    workspace: Workspace,
    make_article: Callable[..., Article],
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    gone: int,
) -> None:
    monkeypatch.setattr(polling, "MAX_FOUND", most)
    make_article("First")
    make_article("Second")

    async def told() -> list[bool]:
        poller = Poller(datetime.now(UTC))
        await poller.changes([workspace.pk])
        await Article.objects.filter(slug="first").adelete()
        await asyncio.to_thread(make_article, "Third")
        return [change.article is None for change in await poller.changes([workspace.pk])]

    assert sum(asyncio.run(told())) == gone
