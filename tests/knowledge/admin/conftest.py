"""An administrator who is signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

MakeUser = Callable[..., User]


@pytest.fixture
def boss(client: Client, make_user: MakeUser) -> Client:
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    return client
