"""An editor and a reader of the workspace, each signed in with a browser of their own."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from knowledge.models import Role, Workspace

MakeUser = Callable[..., User]


@pytest.fixture
def editor(client: Client, workspace: Workspace, make_user: MakeUser) -> Client:
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    return client


@pytest.fixture
def reader(workspace: Workspace, make_user: MakeUser) -> Client:
    client = Client()
    client.force_login(make_user("rita", workspace=workspace, role=Role.VIEWER))
    return client
