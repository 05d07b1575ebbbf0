"""What somebody typed and has not saved: kept for them alone, until they save it or drop it.

A draft is one person's in one workspace; nothing here reads a draft but by its owner. Saving
articles is `editing`.
"""

import re
from typing import Final

from bson import ObjectId
from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User
from knowledge.models import Article, Draft, Workspace

MAX_DRAFTS: Final = 50
"""Of one person in one workspace."""

MAX_FIELD_CHARS: Final = 5_000
"""Of each field but the text, which may be as long as an article's."""

KEPT_FIELDS: Final = (
    *("title", "content", "summary", "tags", "category", "visibility", "slug", "note"),
    *("was", "merging"),
)
_KEY: Final = re.compile(r"[0-9a-z]{8,32}")
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")


class DraftRefused(Exception):
    """It is not kept; the message is a sentence for whoever typed it."""


def new_key() -> str:
    """A key for an article that does not exist yet; no article's id has this shape."""
    return f"n{get_random_string(20, '0123456789abcdefghijklmnopqrstuvwxyz')}"


def is_key(key: str) -> bool:
    """Whether it may name a draft: an article's id, or what `new_key` makes."""
    return bool(_KEY.fullmatch(key))


def keep_draft(
    *, user: User, workspace: Workspace, key: str, seen: int, fields: dict[str, str]
) -> Draft:
    """Store what was typed, in the place of what the draft held. Raises `DraftRefused`.

    `key` is the article's id, or one that `new_key` made; `seen` the version the form was for.
    """
    if not is_key(key):
        raise DraftRefused("This page is out of date. Copy your text and open the page again.")
    owned = Draft(user=user, workspace=workspace, article=_article(workspace, key), key=key)
    owned.seen, owned.fields, owned.saved_at = seen, _checked(fields), timezone.now()
    if not _replace(owned):
        _make_room(user, workspace)
        try:
            owned.save(force_insert=True)
        except IntegrityError:  # another request of the same page was first
            _replace(owned)
    return owned


def find_draft(*, user: User, workspace: Workspace, key: str) -> Draft | None:
    """The person's draft of this key, or None."""
    return _of(user, workspace).filter(key=key).first()


def drop_draft(*, user: User, workspace: Workspace, key: str) -> bool:
    """Forget the draft; say whether there was one."""
    return bool(_of(user, workspace).filter(key=key).delete()[0])


def unfinished_drafts(user: User, workspace: Workspace) -> list[Draft]:
    """The person's drafts, the newest first, each with its article where it is of one."""
    drafts = list(_of(user, workspace).order_by("-saved_at")[:MAX_DRAFTS])
    ids = [draft.article_id for draft in drafts if draft.article_id]
    articles = Article.objects.filter(pk__in=ids).only("title", "slug", "status").in_bulk()
    for draft in drafts:
        draft.article = articles.get(draft.article_id)
    return drafts


def _of(user: User, workspace: Workspace) -> QuerySet[Draft]:
    return Draft.objects.filter(user_id=user.pk, workspace_id=workspace.pk)


def _replace(draft: Draft) -> bool:
    found = _of(draft.user, draft.workspace).filter(key=draft.key)
    return bool(found.update(seen=draft.seen, fields=draft.fields, saved_at=draft.saved_at))


def _make_room(user: User, workspace: Workspace) -> None:
    if _of(user, workspace).count() >= MAX_DRAFTS:
        raise DraftRefused(
            f"You have {MAX_DRAFTS} unsaved texts in this workspace. Save or discard some of them."
        )


def _article(workspace: Workspace, key: str) -> Article | None:
    if not ObjectId.is_valid(key):
        return None
    return Article.objects.filter(pk=key, workspace_id=workspace.pk).only("pk").first()


def _checked(fields: dict[str, str]) -> dict[str, str]:
    """The fields worth keeping, as typed but for what the database cannot hold."""
    kept = {name: _UNSTORABLE.sub("\ufffd", fields.get(name, "")) for name in KEPT_FIELDS}
    for name, value in kept.items():
        most = settings.ARTICLE_MAX_CHARS if name == "content" else MAX_FIELD_CHARS
        if len(value) > most:
            what = "The text" if name == "content" else f"The {name}"
            raise DraftRefused(f"{what} is {len(value):,} characters long; at most {most:,} fit.")
    return {name: value for name, value in kept.items() if value}
