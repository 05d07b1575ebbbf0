"""The models of knowledge: each module holds what changes together."""

from knowledge.models.articles import (
    LONG_FIELDS,
    MAX_CATEGORY,
    MAX_NOTE,
    MAX_SOURCE_PATH,
    MAX_SUMMARY,
    MAX_TAG,
    MAX_TITLE,
    Article,
    Draft,
    OldAddress,
    Revision,
    Status,
)
from knowledge.models.jobs import BulkAction, ImportJob
from knowledge.models.reading import MAX_ANCHOR, MAX_REPORT, ProblemReport, ReadingPosition
from knowledge.models.workspaces import (
    MAX_SLUG,
    Invitation,
    Membership,
    Role,
    SentInvitation,
    Visibility,
    Workspace,
)

__all__ = [
    "LONG_FIELDS",
    "MAX_ANCHOR",
    "MAX_CATEGORY",
    "MAX_NOTE",
    "MAX_REPORT",
    "MAX_SLUG",
    "MAX_SOURCE_PATH",
    "MAX_SUMMARY",
    "MAX_TAG",
    "MAX_TITLE",
    "Article",
    "BulkAction",
    "Draft",
    "ImportJob",
    "Invitation",
    "Membership",
    "OldAddress",
    "ProblemReport",
    "ReadingPosition",
    "Revision",
    "Role",
    "SentInvitation",
    "Status",
    "Visibility",
    "Workspace",
]
