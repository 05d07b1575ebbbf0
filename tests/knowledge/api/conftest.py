"""People who use the API on the workspace `team`."""

from collections.abc import Callable

import pytest

from accounts.models import User
from knowledge.models import Role, Workspace
from tests.knowledge.api.client import Api


@pytest.fixture
def visitor(db: None) -> Api:
    return Api()


@pytest.fixture
def editor(workspace: Workspace, make_user: Callable[..., User]) -> Api:
    return Api(make_user("ann", workspace=workspace, role=Role.EDITOR))


@pytest.fixture
def viewer(workspace: Workspace, make_user: Callable[..., User]) -> Api:
    return Api(make_user("vic", workspace=workspace, role=Role.VIEWER))
