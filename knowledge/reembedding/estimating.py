"""What a run will take, before it begins: passages, tokens, money and time, each near enough."""

import time
from dataclasses import dataclass
from typing import Any, Final

from kbsite import mongo
from knowledge import recipes
from knowledge.providers import Embedder
from knowledge.providers.local import LocalEmbedder
from knowledge.reembedding.pacing import CHARS_PER_TOKEN, Rate

DOLLARS_PER_MILLION_TOKENS: Final = {
    "voyage-4-large": 0.12,
    "voyage-4": 0.06,
    "voyage-3-large": 0.18,
    "voyage-3.5": 0.06,
    "voyage-3.5-lite": 0.02,
    "voyage-3": 0.06,
    "voyage-3-lite": 0.02,
}
"""List prices without free allowances, as Vercel's and Bifrost's model pages quoted them in
November 2026 (vercel.com/ai-gateway/models, getmaxim.ai/bifrost/model-library)."""
_SAMPLE: Final = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """`passages` to write, of which `texts` are to be embedded: equal ones only once.

    `dollars` and `seconds` are None where nothing is known about them.
    """

    passages: int
    texts: int
    tokens: int
    dollars: float | None
    seconds: float | None


def estimate(embedder: Embedder, *, active: str, rate: Rate) -> Estimate:
    """What it takes to make the embedder's recipe whole. Hosted models are not called."""
    passages = sum(one.missing for one in recipes.incomplete(embedder.recipe))
    texts, tokens = _to_embed(embedder.recipe, active) if passages else (0, 0)
    dollars, seconds = _dollars(embedder.recipe, tokens), _seconds(embedder, texts, tokens, rate)
    return Estimate(passages, texts, tokens, dollars, seconds)


def _to_embed(recipe: str, active: str) -> tuple[int, int]:
    """Texts and tokens that are searched now and have no vector of the recipe."""
    headings = {"$sum": {"$map": {"input": "$breadcrumb", "in": {"$strLenCP": "$$this"}}}}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"recipe": {"$in": [active, recipe]}}},
        {
            "$group": {
                "_id": {"workspace": "$workspace_id", "content": "$content_hash"},
                "known": {"$max": {"$eq": ["$recipe", recipe]}},
                "chars": {"$max": {"$add": [{"$strLenCP": "$text"}, headings]}},
            }
        },
        {"$match": {"known": False}},
        {"$group": {"_id": None, "texts": {"$sum": 1}, "chars": {"$sum": "$chars"}}},
    ]
    for found in mongo.database()["chunks"].aggregate(pipeline):
        return found["texts"], found["chars"] // CHARS_PER_TOKEN
    return 0, 0


def _dollars(recipe: str, tokens: int) -> float | None:
    if recipe == LocalEmbedder.recipe:
        return 0.0
    model = recipe.rpartition("-")[0]
    price = DOLLARS_PER_MILLION_TOKENS.get(model)
    return None if price is None else tokens * price / 1_000_000


def _seconds(embedder: Embedder, texts: int, tokens: int, rate: Rate) -> float | None:
    """At the rate that it is limited to, or, where that costs nothing, at the measured one."""
    limited = rate.seconds(texts, tokens)
    if embedder.recipe != LocalEmbedder.recipe or not texts:
        return limited or None
    sample = [one["text"] for one in mongo.chunks().find({}, {"text": 1}).limit(_SAMPLE)]
    embedder.embed_documents(sample[:1])  # loads the model
    started = time.monotonic()
    embedder.embed_documents(sample)
    return max(limited, (time.monotonic() - started) / len(sample) * texts)
