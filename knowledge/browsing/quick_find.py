"""Titles that fit what somebody is typing: those that begin with it, then those with its words."""

import re
from typing import Final

from knowledge.access import Rights
from knowledge.browsing.cursors import Match, ordered
from knowledge.browsing.listing import visible_articles, with_words
from knowledge.browsing.titles import title_key
from knowledge.models import LONG_FIELDS, Article, Workspace

MOST: Final = 8


def find_titles(rights: Rights, workspace: Workspace, text: str) -> list[Article]:
    """At most MOST articles that the rights show, each group by title; none for no text."""
    key = title_key(text)
    if not key:
        return []
    visible = visible_articles(rights, workspace)
    found = _first([visible, {"title_key": {"$regex": f"^{re.escape(key)}"}}], MOST)
    if len(found) < MOST:
        others = {"_id": {"$nin": [article.pk for article in found]}}
        found += _first([visible, others, *with_words(text)], MOST - len(found))
    for article in found:
        article.workspace = workspace
    return found


def _first(conditions: list[Match], limit: int) -> list[Article]:
    by_title = {"title_key": 1, "_id": 1}
    return ordered(Article, {"$and": conditions}, by_title, limit=limit, without=LONG_FIELDS)
