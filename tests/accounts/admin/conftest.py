"""An administrator at the panel, whom the tests of it share."""

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD


@pytest.fixture
def admin(client: Client, db: None) -> User:
    user = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    client.force_login(user)
    return user
