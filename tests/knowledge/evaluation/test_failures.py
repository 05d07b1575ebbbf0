import pytest
from django.core.management import CommandError
from django.db import DatabaseError
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from knowledge.evaluation.failures import as_command_errors


def said(error: Exception) -> str:
    with pytest.raises(CommandError) as caught, as_command_errors():
        raise error
    return str(caught.value)


def wrapped(cause: PyMongoError) -> DatabaseError:
    error = DatabaseError(str(cause))
    error.__cause__ = cause
    return error


def test_mongodbs_own_words_are_left_out_because_they_can_quote_documents() -> None:
    cause = DuplicateKeyError("dup key: { title: 'Secret plan' }", 11000)
    assert said(cause) == said(wrapped(cause)) == "MongoDB: DuplicateKeyError, code 11000."
    assert said(PyMongoError("Secret plan")) == "MongoDB: PyMongoError."


def test_a_missing_right_says_where_the_roles_are_named() -> None:
    assert "docs/evaluating.md" in said(OperationFailure("not authorized on x", 13))
