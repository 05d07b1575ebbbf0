"""Two who write the same version of an article at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from knowledge.models import Article, Revision
from tests.knowledge.api.client import Api


def test_of_changes_sent_together_one_is_made_and_the_others_are_told(
    editor: Api, make_article: Callable[..., Article]
) -> None:
    make_article()
    together = Barrier(4)

    def change(number: int) -> int:
        try:
            together.wait()
            text = {"content": f"Text {number}"}
            return int(editor("PATCH", "/articles/ports", text, seen=1).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(change, range(4)))
    assert statuses == [200, 409, 409, 409]
    assert Article.objects.get().version == 2
    assert Revision.objects.count() == 2
