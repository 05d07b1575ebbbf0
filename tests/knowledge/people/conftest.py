"""A workspace with its owner, another admin, an editor and a viewer."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.models import User
from knowledge.models import Membership, Role, Workspace
from knowledge.workspaces import create_workspace

MakeUser = Callable[..., User]


@dataclass
class Team:
    workspace: Workspace
    owner: User
    admin: User
    editor: User
    viewer: User

    def role(self, user: User) -> str | None:
        found = Membership.objects.filter(workspace=self.workspace, user=user).first()
        return found.role if found else None


@pytest.fixture
def team(db: None, make_user: MakeUser) -> Team:
    owner = make_user("olga")
    space = create_workspace(slug="team", name="Team", owner=owner)
    others = {role: make_user(f"{role}-1", workspace=space, role=role) for role in Role}
    return Team(space, owner, others[Role.ADMIN], others[Role.EDITOR], others[Role.VIEWER])


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
