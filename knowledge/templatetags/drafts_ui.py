"""Template tags about what somebody typed and has not saved."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId
from django import template
from django.template import Context

from knowledge.authoring.drafts import unfinished_drafts
from knowledge.models import Draft, Status, Workspace

register = template.Library()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A draft as a line of a list; `at_article` is its article's slug, if that can be edited."""

    key: str
    title: str
    article_id: ObjectId | None
    at_article: str
    saved_at: datetime


@register.simple_tag(takes_context=True)
def unfinished(context: Context, workspace: Workspace) -> list[Unfinished]:
    """The unsaved texts of whoever looks, the newest first."""
    return [_line(draft) for draft in unfinished_drafts(context["request"].user, workspace)]


def _line(draft: Draft) -> Unfinished:
    article = draft.article
    editable = article is not None and article.status != Status.TRASHED
    title = draft.fields.get("title", "") or (article.title if article else "")
    slug = article.slug if article and editable else ""
    return Unfinished(draft.key, title, draft.article_id, slug, draft.saved_at)
