"""Whatever is tried is counted by person, not by door: page, API and panel count together."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.admin.pages import password_page
from tests.accounts.api.program import Program
from tests.accounts.authenticator import code, give_second_factor
from tests.conftest import PASSWORD

LOGIN, STEP, CHANGE = "/accounts/login/", "/accounts/login/second-step/", "/accounts/password/"
NEW, WRONG = "Another-horse-9", "Wrong-horse-9"


@pytest.fixture
def ada(client: Client, make_user: Callable[..., User]) -> User:
    ada = make_user("ada")
    client.force_login(ada)
    return ada


def on_the_page(client: Client, old: str = PASSWORD, new: str = NEW) -> Any:
    given = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(CHANGE, given)


def over_the_api(program: Program, old: str = PASSWORD, new: str = NEW) -> Any:
    return program("POST", "password", {"current_password": old, "new_password": new})


def assert_waits(*responses: Any) -> None:
    for response in responses:
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) > 0


def test_p8_wrong_current_passwords_count_together(client: Client, ada: User) -> None:
    program = Program().sign_in()
    for _ in range(3):
        on_the_page(client, WRONG)
    for _ in range(2):
        over_the_api(program, WRONG)
    assert_waits(on_the_page(client), over_the_api(program))
    assert User.objects.get().check_password(PASSWORD)


def test_p10_looks_at_remembered_passwords_count_together(client: Client, ada: User) -> None:
    program = Program().sign_in()
    for _ in range(5):
        assert on_the_page(client, new=PASSWORD).status_code == 200
        assert over_the_api(program, new=PASSWORD).status_code == 409
    page = on_the_page(client)
    assert_waits(page, over_the_api(program))
    assert "Too many tries" in page.content.decode()
    assert User.objects.get().check_password(PASSWORD)


def test_p10_the_panel_looks_at_them_as_often_and_no_more(
    client: Client, make_user: Callable[..., User]
) -> None:
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    page = password_page(make_user("ada"))
    for _ in range(10):
        reused = client.post(page, {"password1": PASSWORD, "password2": PASSWORD})
        assert "used this password before" in reused.content.decode()
    refused = client.post(page, {"password1": NEW, "password2": NEW})
    assert "Too many tries" in refused.content.decode()
    assert User.objects.get(username="ada").check_password(PASSWORD)


def half_in(client: Client) -> str:
    """A browser and a program of somebody who has given the password; the program's token."""
    client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    given = Program()("POST", "login", {"username": "ada", "password": PASSWORD}).json()
    return str(given["mfa_token"])


def test_r3_codes_count_together_and_the_right_one_is_refused_then(
    client: Client, ada: User
) -> None:
    give_second_factor(ada)
    browser, step = Client(), {"code": "000000"}
    step["mfa_token"] = half_in(browser)
    for _ in range(2):
        assert browser.post(STEP, step).status_code == 200
        assert Program()("POST", "mfa/login", step).status_code == 401
    client.force_login(ada)
    client.post("/accounts/second-step/off/", {"current_password": PASSWORD, "code": "000000"})
    right = step | {"code": code()}
    assert_waits(browser.post(STEP, right), Program()("POST", "mfa/login", right))


def test_r3_codes_that_would_turn_it_on_are_counted_at_the_api_too(ada: User) -> None:
    program = Program().sign_in()
    secret = program("POST", "mfa/setup").json()["secret"]
    given = {"current_password": PASSWORD, "code": "000000"}
    for _ in range(5):
        assert program("POST", "mfa/verify", given).status_code == 400
    assert_waits(program("POST", "mfa/verify", given | {"code": code(secret)}))
    assert not User.objects.get().has_mfa
