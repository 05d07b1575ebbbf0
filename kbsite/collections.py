"""The indexes and options of every collection, and the one function that makes them.

All indexes are made here, not by migrations: a TTL on a Django `db_index` fails, and on a
running site an index must be added without a migration.
"""

from datetime import timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from kbsite.documents import Document

HEARTBEAT_KEPT = timedelta(minutes=10)
USAGE_KEPT = timedelta(days=365)
READING_KEPT = timedelta(days=365)
UNDO_KEPT = timedelta(days=1)
AUDIT_FOUND_BY = ("action", "actor_id", "actor_name", "target_id", "target_name", "address")
INVITATIONS_COUNTED = timedelta(hours=1)


def _ttl(field: str, name: str, after: timedelta = timedelta(0)) -> IndexModel:
    return IndexModel(
        [(field, ASCENDING)], name=name, expireAfterSeconds=int(after.total_seconds())
    )


INDEXES: dict[str, list[IndexModel]] = {
    "users": [
        IndexModel("username_key", name="username_key", unique=True),
        IndexModel(
            "email_key",
            name="email_key",
            unique=True,
            partialFilterExpression={"email_key": {"$gt": ""}},
        ),
        # what nobody could sign in to has nothing elsewhere
        _ttl("unconfirmed_until", "unconfirmed"),
    ],
    "sessions": [
        IndexModel(
            "key_hash",
            name="key",
            unique=True,
            partialFilterExpression={"key_hash": {"$gt": ""}},
        ),
        IndexModel(
            "refresh_hash",
            name="refresh",
            unique=True,
            partialFilterExpression={"refresh_hash": {"$gt": ""}},
        ),
        IndexModel("spent_refresh", name="spent"),
        IndexModel([("user_id", 1), ("last_seen_at", DESCENDING)], name="user_seen"),
        IndexModel([("stage", 1), ("last_seen_at", DESCENDING), ("_id", DESCENDING)], name="seen"),
        _ttl("purge_at", "purge"),
    ],
    "api_tokens": [
        IndexModel("token_hash", name="token", unique=True),
        IndexModel([("user_id", 1), ("created_at", DESCENDING)], name="user_created"),
    ],
    "audit_events": [
        IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        # each way of looking at it, in the order of the list
        *[
            IndexModel([(field, 1), ("at", DESCENDING), ("_id", DESCENDING)], name=f"{field}_at")
            for field in AUDIT_FOUND_BY
        ],
        _ttl("purge_at", "purge"),
    ],
    "outbox": [IndexModel("not_before", name="due")],
    # filled by the library `limits`, which would make their index by this name
    "rate_counters": [_ttl("expireAt", "expireAt_1")],
    "rate_windows": [_ttl("expireAt", "expireAt_1")],
    "workspaces": [IndexModel("slug", name="slug", unique=True)],
    "memberships": [
        IndexModel([("workspace_id", 1), ("user_id", 1)], name="workspace_user", unique=True),
        IndexModel("user_id", name="user"),
    ],
    "articles": [
        IndexModel([("workspace_id", 1), ("slug", 1)], name="workspace_slug", unique=True),
        IndexModel(
            [("workspace_id", 1), ("source_path", 1)],
            name="workspace_source_path",
            unique=True,
            partialFilterExpression={"source_path": {"$gt": ""}},
        ),
        # each sort of the list, with the id that makes it total; see knowledge/browsing
        IndexModel(
            [("workspace_id", 1), ("updated_at", DESCENDING), ("_id", DESCENDING)],
            name="workspace_updated_id",
        ),
        IndexModel([("workspace_id", 1), ("title_key", 1), ("_id", 1)], name="workspace_key_id"),
        IndexModel(
            [("workspace_id", 1), ("created_at", DESCENDING), ("_id", DESCENDING)],
            name="workspace_created_id",
        ),
        IndexModel([("workspace_id", 1), ("tags", 1)], name="workspace_tags"),
        # with all that counting a reader's categories looks at
        IndexModel(
            [("workspace_id", 1), ("category", 1), ("status", 1), ("visibility", 1)],
            name="workspace_category_shown",
        ),
        IndexModel([("workspace_id", 1), ("image_ids", 1)], name="workspace_images"),
        IndexModel([("workspace_id", 1), ("indexed_at", DESCENDING)], name="workspace_indexed"),
        IndexModel(
            "trashed_at",
            name="trashed",
            partialFilterExpression={"status": "trashed"},
        ),
        IndexModel(
            [("workspace_id", 1), ("trashed_at", DESCENDING), ("_id", DESCENDING)],
            name="workspace_trashed_id",
            partialFilterExpression={"status": "trashed"},
        ),
        IndexModel(
            [("updated_at", DESCENDING), ("_id", ASCENDING)],
            name="pending_newest",
            partialFilterExpression={"pending": True},
        ),
    ],
    "article_revisions": [
        IndexModel([("article_id", 1), ("number", 1)], name="article_number", unique=True),
        IndexModel("image_ids", name="images"),
    ],
    "old_addresses": [
        IndexModel([("workspace_id", 1), ("slug", 1)], name="workspace_slug", unique=True),
        IndexModel("article_id", name="article"),
    ],
    "drafts": [
        IndexModel([("user_id", 1), ("workspace_id", 1), ("key", 1)], name="user_key", unique=True),
        IndexModel("article_id", name="article"),
        IndexModel("saved_at", name="saved"),
    ],
    "problem_reports": [
        IndexModel([("workspace_id", 1), ("created_at", DESCENDING)], name="workspace_created"),
        IndexModel(
            [("article_id", 1), ("reporter_key", 1)],
            name="one_open_each",
            unique=True,
            partialFilterExpression={"resolved_at": None},
        ),
    ],
    "reading_positions": [
        IndexModel([("user_id", 1), ("article_id", 1)], name="user_article", unique=True),
        IndexModel([("user_id", 1), ("read_at", DESCENDING)], name="user_read"),
        IndexModel("article_id", name="article"),
        _ttl("read_at", "kept", READING_KEPT),
    ],
    "bulk_actions": [
        IndexModel([("user_id", 1), ("done_at", DESCENDING)], name="user_done"),
        _ttl("done_at", "kept", UNDO_KEPT),
    ],
    "invitations": [
        IndexModel("token_hash", name="token", unique=True),
        IndexModel([("workspace_id", 1), ("email_key", 1)], name="workspace_email", unique=True),
        _ttl("expires_at", "expires"),
    ],
    "sent_invitations": [
        IndexModel("sender_id", name="sender"),
        _ttl("sent_at", "kept", INVITATIONS_COUNTED),
    ],
    "import_jobs": [
        IndexModel([("workspace_id", 1), ("created_at", DESCENDING)], name="workspace_created"),
        IndexModel("state", name="state"),
        IndexModel("finished_at", name="finished"),
    ],
    "chunks": [
        IndexModel([("article_id", 1), ("chunk_index", 1), ("revision", 1)], name="article_chunk"),
        IndexModel([("content_hash", 1), ("recipe", 1)], name="content_recipe"),
        # all that is compared when asking whether a recipe has every chunk
        IndexModel(
            [("recipe", 1), ("article_id", 1), ("revision", 1), ("chunk_index", 1)],
            name="recipe_article",
        ),
        IndexModel([("workspace_id", 1), ("status", 1)], name="workspace_status"),
    ],
    # as GridFS would make them with the first file; deleting a workspace looks for its files
    "images.files": [
        IndexModel([("filename", 1), ("uploadDate", 1)], name="filename_1_uploadDate_1"),
        IndexModel("uploadDate", name="uploaded"),
        # equal pictures of a workspace are one file
        IndexModel(
            [("metadata.workspace_id", 1), ("metadata.sha256", 1)],
            name="workspace_sha256",
            unique=True,
        ),
    ],
    "images.chunks": [IndexModel([("files_id", 1), ("n", 1)], name="files_id_1_n_1", unique=True)],
    "uploads.files": [
        IndexModel([("filename", 1), ("uploadDate", 1)], name="filename_1_uploadDate_1"),
        IndexModel("uploadDate", name="uploaded"),
        IndexModel("metadata.workspace_id", name="workspace"),
    ],
    "uploads.chunks": [IndexModel([("files_id", 1), ("n", 1)], name="files_id_1_n_1", unique=True)],
    "answers": [
        IndexModel([("fingerprint", 1), ("created_at", DESCENDING)], name="fingerprint"),
        IndexModel([("workspace_id", 1), ("created_at", DESCENDING)], name="workspace_created"),
        # accounts only, whose answers go with them; guests' expire
        IndexModel("asker", name="asker", partialFilterExpression={"asker": {"$type": "objectId"}}),
        _ttl("expires_at", "expires"),
    ],
    "heartbeats": [_ttl("at", "kept", HEARTBEAT_KEPT)],
    "settings": [],
}


RETIRED = {"articles": {"workspace_updated"}}
"""Indexes of older versions that cost every write and serve no query any more."""


RETIRED_COLLECTIONS = {"django_session"}
"""Collections of older versions: browsers' sessions are in `sessions` now."""


def ensure_collections(database: Database[Document]) -> list[str]:
    """Create what is missing, skip what exists by name; safe on every deploy.

    Returns the names of what was created, as `collection` or `collection.index`.
    """
    created = [*_ensure_usage_events(database)]
    existing = set(database.list_collection_names())
    for name, indexes in INDEXES.items():
        if name not in existing:
            database.create_collection(name)
            created.append(name)
        created += _ensure_indexes(database, name, indexes)
    for retired in RETIRED_COLLECTIONS & existing:
        database.drop_collection(retired)
    return created


def _ensure_usage_events(database: Database[Document]) -> list[str]:
    if "usage_events" in database.list_collection_names():
        return []
    database.create_collection(
        "usage_events",
        timeseries={"timeField": "timestamp", "metaField": "meta", "granularity": "minutes"},
        expireAfterSeconds=int(USAGE_KEPT.total_seconds()),
    )
    return ["usage_events"]


def _ensure_indexes(
    database: Database[Document], name: str, indexes: list[IndexModel]
) -> list[str]:
    existing = {index["name"] for index in database[name].list_indexes()}
    missing = [index for index in indexes if index.document["name"] not in existing]
    if missing:
        database[name].create_indexes(missing)
    for retired in RETIRED.get(name, set()) & existing:
        database[name].drop_index(retired)
    return [f"{name}.{index.document['name']}" for index in missing]
