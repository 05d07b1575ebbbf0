"""Whatever asks for the password again asks a few times only: accounts/confirming_identity.py."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ApiToken, User
from kbsite import mongo
from tests.accounts.authenticator import code, give_second_factor
from tests.conftest import PASSWORD

TOKEN = {"name": "Backup", "scopes": ["read"], "days": "30"}


@pytest.mark.parametrize(
    ("below", "fields", "has_mfa"),
    [
        ("email/", {"email": "new@example.org"}, False),
        ("delete/", {}, False),
        ("tokens/new/", TOKEN, False),
        ("second-step/set-up/", {}, False),
        ("second-step/off/", {}, True),
        ("second-step/recovery-codes/", {}, True),
    ],
)
def test_p8_after_five_wrong_passwords_the_right_one_changes_nothing(
    client: Client,
    make_user: Callable[..., User],
    below: str,
    fields: dict[str, object],
    has_mfa: bool,
) -> None:
    ada, path = make_user("ada"), f"/accounts/{below}"
    if has_mfa:
        give_second_factor(ada)
    client.force_login(ada)
    secret = (client.get(path).context or {}).get("secret", "").replace(" ", "")
    typed = code(secret) if secret else code()
    given = {**fields, "code": typed, "first_code": typed}
    before = mongo.database()["users"].find_one()
    for _ in range(5):
        client.post(path, given | {"current_password": "Wrong-horse-9"})
    refused = client.post(path, given | {"current_password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert mongo.database()["users"].find_one() == before
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("below", "fields"),
    [
        ("email/", {"email": "new@example.org"}),
        ("delete/", {}),
        ("tokens/new/", TOKEN),
        ("second-step/off/", {}),
        ("second-step/recovery-codes/", {}),
    ],
)
def test_r3_after_five_wrong_codes_the_right_one_changes_nothing(
    client: Client, make_user: Callable[..., User], below: str, fields: dict[str, object]
) -> None:
    ada, path = make_user("ada"), f"/accounts/{below}"
    give_second_factor(ada)
    client.force_login(ada)
    before = mongo.database()["users"].find_one()
    for _ in range(5):
        client.post(path, fields | {"current_password": PASSWORD, "code": "000000"})
    refused = client.post(path, fields | {"current_password": PASSWORD, "code": code()})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert mongo.database()["users"].find_one() == before
    assert not ApiToken.objects.exists()
