"""Somebody who writes, somebody who manages, and an article with a past."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from knowledge.editing import edit_article
from knowledge.models import Article, Role, Workspace

MakeUser = Callable[..., User]


@pytest.fixture
def writer(workspace: Workspace, make_user: MakeUser) -> User:
    return make_user("ed", workspace=workspace, role=Role.EDITOR)


@pytest.fixture
def editor(client: Client, writer: User) -> Client:
    client.force_login(writer)
    return client


@pytest.fixture
def manager(workspace: Workspace, make_user: MakeUser) -> Client:
    client = Client()
    client.force_login(make_user("boss", workspace=workspace, role=Role.ADMIN))
    return client


@pytest.fixture
def revised(make_article: Callable[..., Article], writer: User) -> Article:
    """Three revisions: 80, then 90 with a note, then 100 under another title."""
    article = make_article("Ports", "The port is 80.")
    edit_article(article, seen=1, author=writer, content="The port is 90.", note="It moved")
    edit_article(article, seen=2, author=writer, title="The port", content="The port is 100.")
    return article
