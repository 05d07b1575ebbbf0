"""What the tests of the Atlas engine ask of it, and what the stand-in has to say."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId

from kbsite.documents import Document
from knowledge.access import Scope
from knowledge.search import atlas_indexes
from knowledge.search.atlas import AtlasEngine
from knowledge.search.engine import ChunkHit, Filters
from tests.fakes.embedder import WordEmbedder

IDS = [ObjectId(f"65a00000000000000000000{n}") for n in range(6)]
WORKSPACE = "65b000000000000000000001"
FILTERS = Filters(Scope(frozenset({(WORKSPACE, "public")})))
VECTOR = WordEmbedder().embed_query("which port")
VECTORS = atlas_indexes.vector_index(WordEmbedder.dimensions)
LEGS = ["articles", "passages", "nearest", "unwritten", "related", "relevance"]
NOT_READY = {"code": 8, "errmsg": "cannot query search index while in state INITIAL_SYNC"}
TOO_SLOW = {"code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"}


def chunk(n: int, score: float = 0.9) -> Document:
    return {"_id": IDS[n], "article_id": IDS[0], "score": score}


def legs_of(atlas: AtlasEngine, filters: Filters = FILTERS) -> dict[str, Callable[[], Any]]:
    asked: dict[str, Any] = {"filters": filters, "limit": 5}
    hits = [ChunkHit(IDS[1], IDS[0], 1)]
    return {
        "articles": lambda: atlas.articles(question="port", **asked),
        "passages": lambda: atlas.passages(question="port", **asked),
        "nearest": lambda: atlas.nearest(vector=VECTOR, **asked),
        "unwritten": lambda: atlas.unwritten(question="which port", filters=filters),
        "related": lambda: atlas.related(article_id=IDS[0], **asked),
        "relevance": lambda: atlas.relevance(vector=VECTOR, hits=hits, filters=filters),
    }
