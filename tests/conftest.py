"""Fixtures shared by all tests: a real mongod of their own, and small things to test with."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from hypothesis import settings as hypothesis_settings

from accounts.models import User
from kbsite import mongo, mongod
from kbsite.collections import INDEXES, ensure_collections
from knowledge.editing import create_article
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace
from knowledge.search import fits

# On a busy machine a single example may take long without anything being wrong.
hypothesis_settings.register_profile("site", deadline=None)
hypothesis_settings.load_profile("site")

PASSWORD = "Correct-horse-9"
MEMORY_NEEDED = 8 * 1024**3
WITHOUT_INDEXES = {"django_admin_log"}


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where the system has one with room: each commit waits for a disk."""
    memory = Path("/dev/shm")  # noqa: S108, a folder of its own is made in it
    if not memory.is_dir() or shutil.disk_usage(memory).free < MEMORY_NEEDED:
        yield tmp_path_factory.mktemp("var")
        return
    with TemporaryDirectory(dir=memory, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def mongodb_uri(quick_folder: Path) -> Iterator[str]:
    """A replica set that only these tests use; MONGODB_TEST_URI names one already running,
    and ATLAS_TEST_URI one with search nodes.
    """
    given = os.environ.get("ATLAS_TEST_URI") or os.environ.get("MONGODB_TEST_URI")
    if given:
        yield given
        return
    # fail points; and transactions of killed processes that do not hold up their test
    parameters = {"enableTestCommands": "1", "transactionLifetimeLimitSeconds": "5"}
    with mongod.embedded(quick_folder, parameters) as running:
        yield running.uri


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, mongodb_uri: str
) -> None:
    connections["default"].settings_dict["HOST"] = mongodb_uri
    settings.MONGODB_URI = mongodb_uri


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        ensure_collections(mongo.database())


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, emptied after the test.

    Not by pytest-django's own fixture: Django's flush makes permissions and content types anew,
    which takes ten times as long as emptying every collection.
    """
    with django_db_blocker.unblock():
        fits.forget()
        yield
        for name in filled_collections():
            mongo.database()[name].delete_many({})


def filled_collections() -> list[str]:
    """Those with anything in them, by one question for all: most are empty after most tests."""
    first, *others = INDEXES.keys() | WITHOUT_INDEXES
    stages: list[Any] = [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": first}}}]
    for name in others:
        named = [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}]
        stages.append({"$unionWith": {"coll": name, "pipeline": named}})
    return [found["name"] for found in mongo.database()[first].aggregate(stages)]


@pytest.fixture(autouse=True, scope="session")
def no_static_files() -> None:
    """Every test client loads the middleware, which would read what static files there are.

    Their own tests, and those in a browser, ask a web server of its own.
    """
    settings.SERVESTATIC_USE_FINDERS = settings.SERVESTATIC_USE_STATIC_ROOT = False


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing at cost 12 takes 0.3 s; tests of the cost itself set it back."""
    monkeypatch.setattr("django.contrib.auth.hashers.BCryptSHA256PasswordHasher.rounds", 4)
    monkeypatch.setattr("accounts.recovery_codes.SCRYPT_N", 2)


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """The path of a third-party data set; where it is absent, a loud skip, or under
    `make soak`, which sets KB_REQUIRE_SHARED_DATA, a failure.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("KB_SHARED_DATA", beside))
    absent = pytest.fail if os.environ.get("KB_REQUIRE_SHARED_DATA") else pytest.skip

    def find(name: str) -> Path:
        path = root / name
        if not path.exists():
            absent(f"SHARED DATA ABSENT: {name} (set KB_SHARED_DATA)")
        return path

    return find


@pytest.fixture
def workspace(db: None) -> Workspace:
    return Workspace.objects.create(slug="team", name="Team", visibility=Visibility.PUBLIC)


@pytest.fixture
def make_workspace(db: None) -> Callable[..., Workspace]:
    """Make another workspace, closed to everyone but its members unless said otherwise."""

    def make(slug: str, *, visibility: Visibility = Visibility.MEMBERS) -> Workspace:
        return Workspace.objects.create(slug=slug, name=slug.title(), visibility=visibility)

    return make


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Make a user, with a role in a workspace where both are given."""

    def make(
        username: str = "ada",
        *,
        workspace: Workspace | None = None,
        role: Role | None = None,
        **extra: Any,
    ) -> User:
        user = User.objects.create_user(username, f"{username}@example.org", PASSWORD, **extra)
        if workspace and role:
            Membership.objects.create(workspace=workspace, user=user, role=role)
        return user

    return make


@pytest.fixture
def make_article(workspace: Workspace) -> Callable[..., Article]:
    """Make a published, public article in `workspace` (not yet indexed)."""

    def make(title: str = "Ports", content: str = "The port is 8000.", **fields: Any) -> Article:
        fields = {"status": Status.PUBLISHED, "visibility": Visibility.PUBLIC, **fields}
        fields.setdefault("workspace", workspace)
        return create_article(author=None, title=title, content=content, **fields)

    return make
