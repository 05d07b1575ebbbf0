"""Who asks, and who follows an answer.

A follower is looked up anew each time it is asked what they may read (T6), and so is the session
or the personal token that they follow with (S2).
"""

from dataclasses import dataclass
from typing import Self

from asgiref.sync import sync_to_async
from bson import ObjectId
from django.contrib.auth.models import AnonymousUser

from accounts import api_tokens
from accounts.models import User
from accounts.sessions import still_open
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
    session_id: ObjectId | None = None
    token_id: ObjectId | None = None

    @classmethod
    def of(
        cls,
        user: Person,
        slug: str,
        session_id: ObjectId | None = None,
        token_id: ObjectId | None = None,
    ) -> Self:
        """By which session, or else by which personal token, the person is let in."""
        if not user.is_authenticated:
            return cls(user_id=None, slug=slug)
        return cls(str(user.pk), slug, session_id, token_id)

    async def scope(self) -> Scope:
        """What they may read by now: nothing where the workspace is unknown or closed to them."""
        return await sync_to_async(self._scope)()

    def _scope(self) -> Scope:
        if self.session_id and not still_open({self.session_id}):
            return NOTHING
        if self.token_id and not api_tokens.still_works(self.token_id):
            return NOTHING
        workspace = Workspace.objects.filter(slug=self.slug).first()
        user = User.objects.filter(pk=self.user_id).first() if self.user_id else None
        return scope_for(user or AnonymousUser(), workspace) if workspace else NOTHING
