"""How far search has followed an article, in plain words."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from knowledge.index_state import IndexState, index_state
from knowledge.models import Article, Status

NOW = timezone.now()
SOON, AGO = NOW + timedelta(days=1), NOW - timedelta(days=1)
FAILED = {"index_error": "the embedding model is busy", "not_before": SOON}
HELD = {"lease_owner": "worker", "lease_until": SOON}
DRAFT = {"status": Status.DRAFT}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"pending": False, "revision": 7, "indexed_revision": 7, "indexed_at": AGO},
            IndexState("searchable", "searchable", "revision 7", at=AGO),
        ),
        ({}, IndexState("waiting", "waiting", "searches do not find it yet")),
        (
            {"revision": 7, "indexed_revision": 6},
            IndexState("waiting", "waiting", "searches find revision 6 until then"),
        ),
        (HELD, IndexState("indexing", "indexing", "searches do not find it yet")),
        (
            {**HELD, **DRAFT, "chunks_done": 3, "chunks_total": 12},
            IndexState("indexing", "indexing 3 of 12 passages", "for when it is published"),
        ),
        (
            {**HELD, "lease_until": AGO, "chunks_done": 3, "chunks_total": 12},
            IndexState("waiting", "waiting", "searches do not find it yet"),
        ),
        (
            FAILED,
            IndexState("failed", "failed: the embedding model is busy", next_try=SOON),
        ),
        ({**FAILED, **HELD}, IndexState("indexing", "indexing", "searches do not find it yet")),
        (
            {"pending": False, **DRAFT},
            IndexState("not_searched", "not searched", "ready for when it is published"),
        ),
        (DRAFT, IndexState("waiting", "waiting", "for when it is published")),
    ],
)
def test_the_state_says_what_searches_find(fields: dict[str, Any], expected: IndexState) -> None:
    assert index_state(Article(**{"status": Status.PUBLISHED, **fields})) == expected
