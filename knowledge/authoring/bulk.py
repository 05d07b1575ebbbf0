"""One action on several articles at once, and taking it back.

Each article is written by `editing` and compared with what was seen of it, so that an action
never undoes what somebody wrote meanwhile; what was left alone is said with its reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bson import ObjectId
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import timezone

from accounts.models import User
from kbsite.collections import UNDO_KEPT
from knowledge.browsing.cursors import ordered
from knowledge.editing import Conflict, edit_article
from knowledge.metadata import clean_tags
from knowledge.models import LONG_FIELDS, Article, BulkAction, Status, Visibility, Workspace

MOST: Final = 100
MEANWHILE: Final = "somebody saved it meanwhile"
GONE: Final = "it is no longer there"
ALREADY: Final = "it was so already"


class Action(TextChoices):
    TAG = "tag", "Add tags"
    UNTAG = "untag", "Take tags away"
    MOVE = "move", "Move to a category"
    SHOW = "show", "Set who may read"
    PUBLISH = "publish", "Publish"
    UNPUBLISH = "unpublish", "Make a draft again"
    ARCHIVE = "archive", "Archive"
    TRASH = "trash", "Move to the trash"


class NotDone(Exception):
    """The action does not apply to an article; the message says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An article as it stood in the list that somebody chose from."""

    article_id: ObjectId
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """An action with what it needs: tags, a category or a visibility; else an empty value."""

    action: Action
    value: str = ""

    def __str__(self) -> str:
        return _DESCRIBED[self.action].format(self._shown)

    @property
    def _shown(self) -> str:
        return Visibility(self.value).label if self.action == Action.SHOW else self.value

    def fields(self, article: Article) -> dict[str, Any]:
        """What the article would be. Raises `NotDone` and `ValidationError`."""
        if article.status == Status.TRASHED:
            raise NotDone("it is in the trash")
        match self.action:
            case Action.TAG:
                return {"tags": clean_tags([*article.tags, self.value])}
            case Action.UNTAG:
                unwanted = {tag.casefold() for tag in clean_tags([self.value])}
                return {"tags": [tag for tag in article.tags if tag.casefold() not in unwanted]}
            case Action.MOVE:
                return {"category": self.value}
            case Action.SHOW:
                return {"visibility": self.value}
            case Action.UNPUBLISH if article.status != Status.PUBLISHED:
                raise NotDone("it is not published")
        return {"status": _STATUSES[self.action]}


_STATUSES: Final = {
    Action.PUBLISH: Status.PUBLISHED,
    Action.UNPUBLISH: Status.DRAFT,
    Action.ARCHIVE: Status.ARCHIVED,
    Action.TRASH: Status.TRASHED,
}
_DESCRIBED: Final = {
    Action.TAG: "tagged “{}”",
    Action.UNTAG: "without “{}”",
    Action.MOVE: "moved to “{}”",
    Action.SHOW: "open to: {}",
    Action.PUBLISH: "published",
    Action.UNPUBLISH: "made drafts again",
    Action.ARCHIVE: "archived",
    Action.TRASH: "moved to the trash",
}


def described(done: BulkAction) -> str:
    """What was done, as it goes after a number of articles."""
    return str(Change(Action(done.action), done.value))


def act_on_articles(
    chosen: Sequence[Seen],
    change: Change,
    *,
    workspace: Workspace,
    user: User,
) -> BulkAction:
    """Change each of the chosen, at most MOST, that is still as it was seen; keep what was done."""
    done = BulkAction(user=user, workspace=workspace, action=change.action, value=change.value)
    chosen = chosen[:MOST]
    articles = _articles(workspace, [seen.article_id for seen in chosen])
    try:
        for seen in chosen:
            _act(done, articles.get(seen.article_id), change.fields, seen.version, user)
    finally:
        done.save(force_insert=True)
    return done


def last_action(user: User, workspace: Workspace) -> BulkAction | None:
    """What the user can still take back here: the newest, for as long as UNDO_KEPT."""
    since = timezone.now() - UNDO_KEPT
    mine = BulkAction.objects.filter(user_id=user.pk, workspace_id=workspace.pk, done_at__gt=since)
    return mine.order_by("-done_at").first()


def undo(done: BulkAction, *, workspace: Workspace, user: User) -> BulkAction:
    """Give the articles back what they had; what was saved since is left alone and listed.

    The returned action is not stored: undoing is not undone.
    """
    BulkAction.objects.filter(pk=done.pk).delete()
    undone = BulkAction(user=user, workspace=workspace, action=done.action, value=done.value)
    steps = {ObjectId(step["article"]): step for step in done.steps}
    articles = _articles(workspace, steps)
    for pk, step in steps.items():
        _act(undone, articles.get(pk), partial(_before, step), step["version"], user)
    return undone


def _articles(workspace: Workspace, ids: Iterable[ObjectId]) -> dict[Any, Article]:
    """Those of the workspace, the trash included."""
    ids = list(ids)
    these = {"workspace_id": workspace.pk, "_id": {"$in": ids}}
    found = ordered(Article, these, {"_id": 1}, limit=MOST, without=LONG_FIELDS)
    return {article.pk: article for article in found}


def _before(step: Mapping[str, Any], _: Article) -> dict[str, Any]:
    return dict(step["before"])


def _act(
    done: BulkAction,
    article: Article | None,
    fields_of: Callable[[Article], dict[str, Any]],
    version: int,
    user: User,
) -> None:
    """One step: recorded as done, or as skipped with its reason."""
    if article is None:
        done.skipped.append({"title": "An article", "reason": GONE})
        return
    title = article.title
    try:
        fields = fields_of(article)
        before = {name: getattr(article, name) for name in fields}
        if not edit_article(article, seen=version, author=user, **fields):
            raise NotDone(ALREADY)
    except Conflict:
        done.skipped.append({"title": title, "reason": MEANWHILE})
    except NotDone as reason:
        done.skipped.append({"title": title, "reason": str(reason)})
    except ValidationError as error:
        done.skipped.append({"title": title, "reason": error.messages[0]})
    else:
        done.steps.append({"article": str(article.pk), "version": version + 1, "before": before})
