"""The tags and categories of what somebody may read in a workspace, with how many each holds.

Counted anew for each reader: a number must not tell of articles that they may not see. This is
the database's own aggregation, because the models' has no way to take lists apart.
"""

from dataclasses import dataclass
from typing import Any, Final

from kbsite import mongo
from knowledge.access import Rights
from knowledge.models import Status, Workspace

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Facet:
    """A tag or a category, and how many articles carry it."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Each by name, whatever its case; where there are more than MOST, the most used ones."""

    categories: list[Facet]
    tags: list[Facet]


def facets(rights: Rights, workspace: Workspace) -> Facets:
    """Of what is published and within the rights."""
    readable = _readable(rights, workspace)
    return Facets(
        categories=_counted([readable, {"$match": {"category": {"$gt": ""}}}], "$category"),
        tags=_counted([readable, {"$project": {"tags": 1}}, {"$unwind": "$tags"}], "$tags"),
    )


def _readable(rights: Rights, workspace: Workspace) -> dict[str, Any]:
    shown = rights.scope.visibilities(str(workspace.pk))
    published = {"workspace_id": workspace.pk, "status": Status.PUBLISHED.value}
    return {"$match": {**published, "visibility": {"$in": sorted(map(str, shown))}}}


def _counted(stages: list[dict[str, Any]], by: str) -> list[Facet]:
    count = {"$group": {"_id": by, "articles": {"$sum": 1}}}
    most: list[dict[str, Any]] = [{"$sort": {"articles": -1, "_id": 1}}, {"$limit": MOST}]
    found = mongo.articles().aggregate([*stages, count, *most])
    counted = [Facet(each["_id"], each["articles"]) for each in found]
    return sorted(counted, key=lambda facet: facet.name.casefold())
