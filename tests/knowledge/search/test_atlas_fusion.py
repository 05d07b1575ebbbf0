"""The server's own fusion, which no search uses; against the stand-in."""

from typing import Any

import pytest

from kbsite.documents import Document
from knowledge.access import Scope
from knowledge.search.atlas_fusion import NativeFusion
from knowledge.search.engine import Filters
from tests.fakes.search_node import SearchNode
from tests.knowledge.search.atlas_asking import FILTERS, IDS, NOT_READY, VECTOR, chunk


@pytest.mark.parametrize(
    ("version", "refused", "available"),
    [([8, 2, 0, 0], None, True), ([8, 0, 4, 0], None, False), ([8, 2, 0, 0], NOT_READY, False)],
)
def test_the_servers_fusion_is_found_by_trying_it_once(
    node: SearchNode, version: list[int], refused: Document | None, available: bool
) -> None:
    node.version = version
    node.refuse = lambda command: refused if "$rankFusion" in str(command) else None
    fusion = NativeFusion(node.client["kb"], recipe="words@1")
    assert [fusion.available, fusion.available] == [available, available]
    assert len(node.commands) <= 2


def test_the_servers_fusion_comes_out_as_hits(node: SearchNode) -> None:
    node.found = {"$rankFusion": [chunk(2), chunk(1)]}
    fusion = NativeFusion(node.client["kb"], recipe="words@1")
    asked: dict[str, Any] = {"question": "port", "vector": VECTOR, "each": 50, "limit": 20}
    hits = fusion.fused(**asked, filters=FILTERS)
    assert [(hit.chunk_id, hit.rank) for hit in hits] == [(IDS[2], 1), (IDS[1], 2)]
    assert fusion.fused(**asked, filters=Filters(Scope())) == []
