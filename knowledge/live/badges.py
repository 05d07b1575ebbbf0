"""An article's state as what a page is sent: a badge's HTML, and the words to say aloud."""

import json
from typing import Any

from django.template.loader import render_to_string

from knowledge.index_state import index_state
from knowledge.live.changes import Change
from knowledge.models import Article


def badge(article: Article, *, may_retry: bool) -> dict[str, Any]:
    """The badge as data for the page's script; `may_retry` adds the button that tries again."""
    state = index_state(article)
    context = {"article": article, "state": state, "read_only": not may_retry}
    return {
        "article": str(article.pk),
        "kind": state.kind,
        "says": f"{state.label}, {state.detail}" if state.detail else state.label,
        "html": render_to_string("knowledge/editor/_index_state.html", context).strip(),
    }


def said_of(change: Change, article: Article, *, may_retry: bool) -> str:
    """The changed article's badge as JSON, written once for all who are told of it."""
    if may_retry not in change.said:
        change.said[may_retry] = json.dumps(badge(article, may_retry=may_retry))
    return change.said[may_retry]
