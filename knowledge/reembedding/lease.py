"""Who makes the next recipe: one run at a time, by a lease in the document of `recipes`.

A run that is killed keeps the lease for at most LEASE_SECONDS; what it stored stays.
"""

import os
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from django.conf import settings

from kbsite import mongo
from kbsite.documents import Document
from knowledge import recipes
from knowledge.recipes import Recipes

RENEW_EVERY = 2.0
_HELD = ("owner", "lease_until")


class Refused(Exception):
    """What was asked for cannot be begun; the message says why, for people."""


class Lost(Exception):
    """The run was cancelled, or another one has taken its place; what it stored stays."""


@dataclass(slots=True)
class Lease:
    """The right to make `recipe`, and later to switch to it."""

    recipe: str
    owner: str
    _renewed: float = field(default_factory=time.monotonic)

    @property
    def held(self) -> Document:
        """What the document says as long as the lease is this one."""
        return {"_id": recipes.ID, "next": self.recipe, "owner": self.owner}

    def renew(self) -> None:
        """Keep it for another LEASE_SECONDS, at most every RENEW_EVERY. Raises `Lost`."""
        if time.monotonic() - self._renewed < min(RENEW_EVERY, settings.LEASE_SECONDS / 4):
            return
        self._renewed = time.monotonic()
        kept = {"$set": {"lease_until": _lease_end()}}
        if not mongo.site_settings().update_one(self.held, kept).matched_count:
            raise Lost

    def rest(self, seconds: float) -> None:
        """Sleep, and keep the lease meanwhile. Raises `Lost`."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            self.renew()

    def release(self) -> None:
        """Let another run go on at once; `next` stays what it is."""
        mongo.site_settings().update_one(self.held, {"$unset": dict.fromkeys(_HELD, "")})


def check(recipe: str) -> Recipes:
    """What is searched before; raises `Refused` where `begin` would now."""
    found = recipes.settle()
    if found.active == recipe:
        raise Refused(f"{recipe} is what is searched already.")
    if found.is_held:
        raise Refused(_taken(found))
    return found


def begin(recipe: str) -> Lease:
    """Take the lease and make `recipe` the next one. Raises `Refused`."""
    found = check(recipe)
    lease = Lease(recipe, f"{socket.gethostname()}:{os.getpid()}/{ObjectId()}")
    begun = {"next": recipe, "owner": lease.owner, "lease_until": _lease_end()}
    free = {"_id": recipes.ID, "active": found.active, **_nobodys()}
    if not mongo.site_settings().update_one(free, {"$set": begun}).matched_count:
        raise Refused(_taken(recipes.read()))
    return lease


def cancel() -> str:
    """Have no next recipe any more, and end the run that makes it; the name of what it was."""
    ended = {"$unset": dict.fromkeys(("next", *_HELD), "")}
    before = mongo.site_settings().find_one_and_update({"_id": recipes.ID}, ended)
    return str(before.get("next", "")) if before else ""


def _nobodys() -> Document:
    return {"$or": [{"lease_until": None}, {"lease_until": {"$lt": datetime.now(UTC)}}]}


def _taken(found: Recipes) -> str:
    who, _, _ = found.owner.partition("/")
    return (
        f"Another run ({who}) is embedding for {found.next}. Wait for it, or end it with --cancel. "
        f"If it was killed, run this again in {settings.LEASE_SECONDS} seconds."
    )


def _lease_end() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=settings.LEASE_SECONDS)
