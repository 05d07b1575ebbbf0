"""What the chosen engine needs in the database before it can serve: search indexes, or nothing."""

from collections.abc import Callable

from kbsite import mongo
from knowledge import providers, recipes
from knowledge.search import atlas_indexes
from knowledge.search.atlas_indexes import Say
from knowledge.search.running import chosen_kind


def prepare_search(
    *, say: Say, wait: float = 0.0, keep: Callable[[], object] = lambda: None
) -> None:
    """Create and change the search indexes of a site that MongoDB searches; safe on every deploy.

    With `wait`, for at most so many seconds, until they answer; `keep` is called meanwhile. Raises
    `ProviderError` where it cannot be known who searches, `IndexesNotReady` where waiting was in
    vain, and pymongo's errors.
    """
    if chosen_kind() != "atlas":
        return
    wanted = atlas_indexes.search_indexes(_lengths())
    atlas_indexes.ensure_search_indexes(mongo.database(), wanted, say=say)
    if wait:
        atlas_indexes.wait_until_queryable(
            mongo.database(), wanted, timeout=wait, say=say, keep=keep
        )


def _lengths() -> set[int]:
    """Of the vectors that are searched, are being made, or would be by the configured model."""
    found = recipes.read()
    named = {found.active, found.next, found.previous} - {""}
    # a release step may lack the key with which web processes search, so what is stored counts
    stored = set(mongo.chunks().distinct("recipe"))
    lengths = {recipes.dimensions(mongo.database(), recipe) for recipe in named | stored}
    return {providers.embedder().dimensions, *lengths} - {recipes.UNKNOWN}
