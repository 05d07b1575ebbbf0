"""Who asks, and who follows an answer.

A follower is looked up anew each time it is asked what they may read (T6).
"""

from dataclasses import dataclass
from typing import Self

from asgiref.sync import sync_to_async
from bson import ObjectId
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from knowledge.access import NOTHING, Person, Scope, scope_for
from knowledge.models import Workspace

Asker = ObjectId | str
"""An account's id, or the key of a guest's browser. Only who asked may stop an answer."""


def asker_of(person: Person, guest: str = "") -> Asker | None:
    """Who asks; None for a guest without a key, who has no unfinished answer to come back to."""
    return person.pk if person.is_authenticated else guest or None


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody reading in one workspace; nobody in particular where `user_id` is None."""

    user_id: str | None
    slug: str

    @classmethod
    def of(cls, user: Person, slug: str) -> Self:
        return cls(user_id=str(user.pk) if user.is_authenticated else None, slug=slug)

    async def scope(self) -> Scope:
        """What they may read by now: nothing where the workspace is unknown or closed to them."""
        return await sync_to_async(self._scope)()

    def _scope(self) -> Scope:
        workspace = Workspace.objects.filter(slug=self.slug).first()
        user = User.objects.filter(pk=self.user_id).first() if self.user_id else None
        return scope_for(user or AnonymousUser(), workspace) if workspace else NOTHING
