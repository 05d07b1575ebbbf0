"""What is watched of an article: how far search has followed it, and never a word of its text.

MongoDB filters and cuts the changes before it sends them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bson import ObjectId

from kbsite.documents import Document
from knowledge.models import Article

STATE_FIELDS: Final = (
    "workspace_id",
    "visibility",
    "status",
    "revision",
    "pending",
    "indexed_revision",
    "indexed_at",
    "lease_owner",
    "lease_until",
    "not_before",
    "index_error",
    "chunks_done",
    "chunks_total",
)
PROJECTION: Final[dict[str, int]] = dict.fromkeys(STATE_FIELDS, 1)
# not `lease_until`: a lease that is only renewed is no news
_TOLD: Final = tuple(name for name in STATE_FIELDS if name not in ("workspace_id", "lease_until"))
PIPELINE: Final[list[dict[str, Any]]] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": ["insert", "replace", "delete"]}},
                *({f"updateDescription.updatedFields.{f}": {"$exists": True}} for f in _TOLD),
            ]
        }
    },
    {"$project": {"documentKey": 1, **{f"fullDocument.{f}": 1 for f in STATE_FIELDS}}},
]


@dataclass(frozen=True)
class Change:
    """An article as it was after a change, with no more than its state; None if it is gone.

    `token` is the change's place in the stream, "" for one that was found by polling. `said`
    keeps what was written of it, for all pages that are told the same.
    """

    article_id: ObjectId
    article: Article | None
    token: str = ""
    said: dict[bool, str] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Change":
        """From an event of the change stream."""
        found = document.get("fullDocument")
        article_id = document["documentKey"]["_id"]
        article = article_of({**found, "_id": article_id}) if found else None
        return cls(article_id, article, token_of(document["_id"]))


def article_of(document: Document) -> Article:
    """The state fields as an article; its other fields are not the stored ones."""
    state = {name: document[name] for name in STATE_FIELDS if name in document}
    return Article(id=document["_id"], **state)


def token_of(resume_token: Mapping[str, Any] | None) -> str:
    """A resume token as text: hexadecimal digits, which sort as their places in the stream do."""
    return str(resume_token["_data"]) if resume_token else ""
