"""A program, and one that Ada is signed in with."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.accounts.api.program import Program


@pytest.fixture
def ada(make_user: Callable[..., User]) -> User:
    return make_user("ada")


@pytest.fixture
def program(db: None) -> Program:
    return Program()


@pytest.fixture
def signed_in(ada: User) -> Program:
    return Program().sign_in()


@pytest.fixture
def open_site(settings: Any) -> None:
    settings.REGISTRATION = "open"
