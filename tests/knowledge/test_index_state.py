"""How far search has followed an article, in plain words."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from knowledge.index_state import IndexState, index_state
from knowledge.models import Article, Status

FAILED = {"index_error": "ProviderError: busy"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"pending": False, "revision": 7, "indexed_revision": 7},
            IndexState("good", "searchable", "revision 7"),
        ),
        ({}, IndexState("warn", "waiting", "searches do not find it yet")),
        (
            {"revision": 7, "indexed_revision": 6},
            IndexState("warn", "waiting", "searches find revision 6 until then"),
        ),
        (
            {**FAILED, "not_before": timedelta(minutes=5, seconds=30)},
            IndexState("bad", "failed: ProviderError: busy", "trying again in 5\xa0minutes"),
        ),
        (
            {**FAILED, "not_before": timedelta(minutes=-1)},
            IndexState("bad", "failed: ProviderError: busy", "trying again now"),
        ),
        (
            {"pending": False, "status": Status.DRAFT},
            IndexState("quiet", "not searched", "ready for when it is published"),
        ),
        ({"status": Status.DRAFT}, IndexState("warn", "waiting", "to be indexed")),
    ],
)
def test_the_state_says_what_searches_find(fields: dict[str, Any], expected: IndexState) -> None:
    not_before = timezone.now() + fields.get("not_before", timedelta())
    article = Article(**{"status": Status.PUBLISHED, **fields, "not_before": not_before})
    assert index_state(article) == expected
