"""The one write after which another recipe is searched, and the dropping of the old vectors."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bson import ObjectId

from kbsite import mongo
from knowledge import recipes
from knowledge.reembedding.lease import Lease, Lost, Refused

DROP_STEP = 1_000
FOLLOWED_AFTER = timedelta(seconds=60)
"""By then every web process searches what was switched to: it takes each a few seconds."""


class _Incomplete(Exception):
    """An article was indexed since the last look; the transaction is undone."""


def switch(lease: Lease) -> bool:
    """Search the next recipe from now on; False if an article lacks something in it still.

    It excludes the worker's swaps (`recipes.hold`): one that was first is seen here, and one
    that comes later is tried again, for the new recipe. Raises `Lost`.
    """
    try:
        mongo.in_transaction(lambda: _switch(lease))
    except _Incomplete:
        return False
    return True


def _switch(lease: Lease) -> None:
    before = mongo.site_settings().find_one(lease.held, session=mongo.session())
    if before is None:
        raise Lost
    gone = dict.fromkeys(("next", "owner", "lease_until"), "")
    now = {
        "active": lease.recipe,
        "previous": before["active"],
        "switched_at": datetime.now(UTC),
    }
    # first, so that no swap can end between the look and the commit
    mongo.site_settings().update_one(
        lease.held, {"$set": now, "$unset": gone}, session=mongo.session()
    )
    if next(recipes.incomplete(lease.recipe, session=mongo.session()), None):
        raise _Incomplete


def drop() -> Iterator[int]:
    """Delete the vectors of every recipe that is neither searched nor being made, in steps.

    Yields how many each step deleted; stopped half-way, it goes on when asked again. There is
    no way back afterwards. Raises `Refused` where something may still need them.
    """
    found = recipes.read()
    if found.is_held:
        raise Refused(
            f"A run embeds for {found.next} now. Nothing was dropped; run this again when it is "
            "done, or end it with --cancel."
        )
    if found.switched_at and datetime.now(UTC) - found.switched_at < FOLLOWED_AFTER:
        raise Refused(
            "The switch was just now, and web servers may still search the old vectors. "
            "Nothing was dropped; run this again in a minute."
        )
    if next(recipes.incomplete(found.active), None):
        raise Refused(
            f"Some articles are not embedded by {found.active} yet, and found by the words of "
            "the old passages. Nothing was dropped; run this again when the worker is done."
        )
    mongo.site_settings().update_one({"_id": recipes.ID}, {"$unset": {"previous": ""}})
    for recipe in mongo.chunks().distinct("recipe"):
        while _is_unused(recipe) and (ids := _some(recipe)):
            yield mongo.chunks().delete_many({"_id": {"$in": ids}}).deleted_count


def _is_unused(recipe: str) -> bool:
    """Asked before each step: a run may have begun to make it, or switched to it, meanwhile."""
    found = recipes.read()
    return recipe not in (found.active, found.next)


def _some(recipe: str) -> list[ObjectId]:
    found = mongo.chunks().find({"recipe": recipe}, {"_id": 1}).limit(DROP_STEP)
    return [document["_id"] for document in found]
