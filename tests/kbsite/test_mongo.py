"""Transactions that models and pymongo share, and indexes that can be ensured at any time."""

from collections.abc import Callable

import numpy as np
import pytest
from bson import ObjectId
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pymongo.errors import (
    AutoReconnect,
    DocumentTooLarge,
    ExecutionTimeout,
    OperationFailure,
    WriteError,
)

from kbsite import mongo
from kbsite.collections import INDEXES, ensure_collections
from knowledge.models import Workspace
from knowledge.providers import Vectors


def test_ensuring_collections_again_changes_nothing(db: None) -> None:
    assert ensure_collections(mongo.database()) == []


def test_every_declared_index_exists(db: None) -> None:
    for name, indexes in INDEXES.items():
        existing = set(mongo.database()[name].index_information())
        assert {index.document["name"] for index in indexes} <= existing


def test_ended_sessions_are_removed_by_the_database(db: None) -> None:
    purge = mongo.database()["sessions"].index_information()["purge"]
    assert (purge["key"], purge["expireAfterSeconds"]) == ([("purge_at", 1)], 0)


def test_a_failed_transaction_leaves_neither_model_nor_pymongo_writes(db: None) -> None:
    def work() -> None:
        Workspace.objects.create(slug="half", name="Half")
        mongo.heartbeats().insert_one({"_id": "half"}, session=mongo.session())  # type: ignore[arg-type]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        mongo.in_transaction(work)
    assert not Workspace.objects.filter(slug="half").exists()
    assert mongo.heartbeats().find_one({"_id": "half"}) is None


@pytest.fixture
def fail_next(db: None, mongodb_uri: str) -> Callable[..., None]:
    """Make the server fail the next command of a kind, with an error label."""
    admin = mongo.client().admin

    def arm(command: str, label: str) -> None:
        admin.command(
            "configureFailPoint",
            "failCommand",
            mode={"times": 1},
            data={"failCommands": [command], "errorCode": 112, "errorLabels": [label]},
        )

    return arm


def test_f2_a_transient_error_repeats_the_whole_transaction(
    db: None, fail_next: Callable[..., None]
) -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        Workspace.objects.create(slug="twice", name="Twice")

    fail_next("insert", "TransientTransactionError")
    mongo.in_transaction(work)
    assert len(calls) == 2
    assert Workspace.objects.filter(slug="twice").count() == 1


def test_f2_an_unknown_commit_result_is_committed_again(
    db: None, fail_next: Callable[..., None]
) -> None:
    fail_next("commitTransaction", "UnknownTransactionCommitResult")
    mongo.in_transaction(lambda: Workspace.objects.create(slug="once", name="Once"))
    assert Workspace.objects.filter(slug="once").count() == 1


def test_a_transaction_within_another_joins_it(db: None) -> None:
    def outer() -> None:
        mongo.in_transaction(lambda: Workspace.objects.create(slug="inner", name="Inner"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        mongo.in_transaction(outer)
    assert not Workspace.objects.filter(slug="inner").exists()


@given(npst.arrays(np.float32, st.integers(1, 64), elements=st.floats(-1, 1, width=32)))
def test_a_vector_survives_packing(vector: Vectors) -> None:
    assert np.array_equal(mongo.unpack_vector(mongo.pack_vector(vector)), vector)


def test_times_read_through_pymongo_are_aware(db: None) -> None:
    workspace = Workspace.objects.create(slug="now", name="Now")
    stored = mongo.database()["workspaces"].find_one({"_id": ObjectId(str(workspace.pk))})
    assert stored is not None
    assert stored["created_at"].tzinfo is not None


def test_an_index_that_serves_no_query_any_more_goes_with_an_upgrade(db: None) -> None:
    articles = mongo.database()["articles"]
    articles.create_index([("workspace_id", 1), ("updated_at", -1)], name="workspace_updated")
    ensure_collections(mongo.database())
    assert "workspace_updated" not in articles.index_information()


@pytest.mark.parametrize(
    ("cause", "passes"),
    [
        (AutoReconnect("away"), True),
        (ExecutionTimeout("slow"), True),
        (OperationFailure("again", 112, {"errorLabels": ["TransientTransactionError"]}), True),
        (WriteError("too large", 17419), False),
        (DocumentTooLarge("too large"), False),
    ],
)
def test_f1_only_trouble_that_passes_counts_as_such(cause: Exception, passes: bool) -> None:
    wrapped = DatabaseError()
    wrapped.__cause__ = cause
    assert mongo.passes(wrapped) is mongo.passes(cause) is passes
