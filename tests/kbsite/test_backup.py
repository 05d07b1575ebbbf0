"""A backup holds everything and comes back whole, or not at all."""

import gzip
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import gridfs
import pytest
from bson import ObjectId
from bson.binary import Binary, BinaryVectorDtype
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from accounts.models import AuditEvent, User
from kbsite import mongo
from kbsite.archive import ArchiveError, read_documents
from kbsite.backup import NotEmpty, backup, is_empty, restore
from kbsite.documents import Document
from knowledge.models import Article

USAGE = {"timeField": "timestamp", "metaField": "meta", "granularity": "minutes"}


def quiet(_: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def empty(mongodb_uri: str) -> Iterator[Callable[[], Database[Document]]]:
    """Makes databases of their own for one test."""
    with MongoClient[Document](mongodb_uri, tz_aware=True) as client:
        made = []

        def make() -> Database[Document]:
            made.append(client[f"backup_{ObjectId()}"])
            return made[-1]

        yield make
        for database in made:
            client.drop_database(database)


@pytest.fixture
def filled(empty: Callable[[], Database[Document]]) -> Database[Document]:
    """A database with one of everything that a backup must not lose."""
    database = empty()
    vector = Binary.from_vector([0.5, -1.0], BinaryVectorDtype.FLOAT32)
    database.chunks.insert_many([{"_id": n, "embedding": vector, "text": "é"} for n in range(300)])
    database.users.create_index("key", unique=True, partialFilterExpression={"key": {"$gt": ""}})
    database.users.create_index("seen", expireAfterSeconds=60)
    database.users.insert_one({"key": "ada", "at": datetime(2026, 1, 2, tzinfo=UTC)})
    database.create_collection("usage", timeseries=USAGE, expireAfterSeconds=31_536_000)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    database.usage.insert_many([{"timestamp": at, "meta": {"n": n % 2}, "n": n} for n in range(9)])
    database.create_collection("waiting")
    gridfs.GridFSBucket(database).upload_from_stream("scan.pdf", b"%PDF" * 200_000)
    return database


def contents(database: Database[Document]) -> dict[str, Any]:
    """Everything in a database, in a form that can be compared."""
    found = {}
    for entry in database.list_collections(filter={"name": {"$not": {"$regex": "^system"}}}):
        collection = database[entry["name"]]
        documents = sorted(collection.find(), key=lambda document: str(document["_id"]))
        indexes = {index["name"]: dict(index) for index in collection.list_indexes()}
        found[entry["name"]] = (entry["type"], entry["options"], indexes, documents)
    return found


def test_everything_comes_back_as_it_was(
    filled: Database[Document], empty: Callable[[], Database[Document]], tmp_path: Path
) -> None:
    saved = backup(filled, tmp_path / "kb.backup", progress=quiet)
    other = empty()
    loaded = restore(other, tmp_path / "kb.backup", force=False, progress=quiet)
    assert contents(other) == contents(filled)
    assert saved == loaded
    assert saved["chunks"] == 300
    (pdf,) = gridfs.GridFSBucket(other).find({"filename": "scan.pdf"})
    assert pdf.read() == b"%PDF" * 200_000
    with pytest.raises(DuplicateKeyError):
        other.users.insert_one({"key": "ada"})


def test_it_is_the_database_at_one_moment(filled: Database[Document], tmp_path: Path) -> None:
    def meanwhile(name: str) -> None:
        if name == "chunks":
            filled.users.insert_one({"key": str(ObjectId())})

    counts = backup(filled, tmp_path / "kb.backup", progress=meanwhile)
    assert filled.users.count_documents({}) == 301
    assert counts["users"] == 1


def test_the_file_is_for_this_user_only(filled: Database[Document], tmp_path: Path) -> None:
    backup(filled, tmp_path / "kb.backup", progress=quiet)
    assert stat.S_IMODE((tmp_path / "kb.backup").stat().st_mode) == 0o600


def test_no_file_is_overwritten(filled: Database[Document], tmp_path: Path) -> None:
    (tmp_path / "kb.backup").write_text("precious")
    with pytest.raises(FileExistsError):
        backup(filled, tmp_path / "kb.backup", progress=quiet)
    assert (tmp_path / "kb.backup").read_text() == "precious"


def test_a_backup_that_fails_leaves_no_file(filled: Database[Document], tmp_path: Path) -> None:
    def fail(_: str) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        backup(filled, tmp_path / "kb.backup", progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_data_is_not_replaced_unasked(
    filled: Database[Document], empty: Callable[[], Database[Document]], tmp_path: Path
) -> None:
    backup(filled, tmp_path / "kb.backup", progress=quiet)
    other = empty()
    other.users.insert_one({"key": "mine"})
    other.extra.insert_one({})
    with pytest.raises(NotEmpty):
        restore(other, tmp_path / "kb.backup", force=False, progress=quiet)
    assert other.users.find_one({}, {"_id": 0}) == {"key": "mine"}
    restore(other, tmp_path / "kb.backup", force=True, progress=quiet)
    assert contents(other) == contents(filled)


@pytest.fixture
def archive(filled: Database[Document], tmp_path: Path) -> bytes:
    backup(filled, tmp_path / "whole", progress=quiet)
    return (tmp_path / "whole").read_bytes()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_is_cut_off_or_changed_is_recognised(
    archive: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    damaged, at = bytearray(archive), data.draw(st.integers(0, len(archive) - 1))
    if data.draw(st.booleans()):
        del damaged[at:]
    else:
        damaged[at] ^= data.draw(st.integers(1, 255))
    (tmp_path / "damaged").write_bytes(damaged)
    try:
        content = list(read_documents(tmp_path / "damaged"))
    except ArchiveError:
        return
    # gzip's own header has bytes that mean nothing here: the time, the system, a file name
    assert content == list(read_documents(tmp_path / "whole"))


def test_a_damaged_file_changes_nothing(
    archive: bytes, empty: Callable[[], Database[Document]], tmp_path: Path
) -> None:
    inside = bytearray(gzip.decompress(archive))
    inside[-3_000] ^= 1
    (tmp_path / "damaged").write_bytes(gzip.compress(inside))
    other = empty()
    with pytest.raises(ArchiveError, match="damaged"):
        restore(other, tmp_path / "damaged", force=True, progress=quiet)
    assert other.list_collection_names() == []


def test_a_restore_that_fails_half_way_changes_nothing(
    archive: bytes, empty: Callable[[], Database[Document]], tmp_path: Path
) -> None:
    def fail(name: str) -> None:
        if name == "users":
            raise OSError

    other = empty()
    other.users.insert_one({"key": "mine"})
    with pytest.raises(OSError):  # noqa: PT011
        restore(other, tmp_path / "whole", force=True, progress=fail)
    assert other.list_collection_names() == ["users"]
    assert other.users.find_one({}, {"_id": 0}) == {"key": "mine"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut off"),
        (b"PK\x03\x04 a zip", "not a backup"),
        (gzip.compress(b"text", mtime=0), "cut off"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ArchiveError, match=said):
        list(read_documents(tmp_path / "other"))


def test_the_commands_save_and_load_a_site(
    make_article: Callable[..., Article], make_user: Callable[..., User], tmp_path: Path
) -> None:
    make_article(title="Ports")
    make_user("ada")
    before = contents(mongo.database())
    call_command("backup", tmp_path / "kb.backup", stdout=StringIO())
    assert AuditEvent.objects.get().action == "backup.make"
    User.objects.all().delete()
    with pytest.raises(CommandError, match="holds data"):
        call_command("restore", tmp_path / "kb.backup", stdout=StringIO())
    call_command("restore", tmp_path / "kb.backup", force=True, stdout=StringIO())
    assert AuditEvent.objects.get().action == "backup.restore"
    mongo.database()["audit_events"].delete_many({})
    assert contents(mongo.database()) == before
    assert User.objects.get(username="ada").check_password("Correct-horse-9")


def test_the_commands_say_what_is_wrong_with_a_file(db: None, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a backup")
    with pytest.raises(CommandError, match="exists"):
        call_command("backup", tmp_path / "notes.txt")
    with pytest.raises(CommandError, match="not a backup"):
        call_command("restore", tmp_path / "notes.txt", force=True)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", tmp_path / "no/such/folder/file")


def test_an_empty_database_is_known_as_such(
    empty: Callable[[], Database[Document]], filled: Database[Document]
) -> None:
    assert is_empty(empty())
    assert not is_empty(filled)
