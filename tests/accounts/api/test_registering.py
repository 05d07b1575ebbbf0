"""Making an account over the API: accounts/api/registering.py."""

from collections.abc import Callable

import pytest
from django.test import override_settings

from accounts.models import QueuedMail, User
from tests.accounts.api.program import Program
from tests.conftest import PASSWORD
from tests.knowledge.api.client import problem_of

ASKED = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
PRIVILEGED = {
    "is_staff": True,
    "is_superuser": True,
    "is_active": True,
    "must_change_password": False,
    "email_verified_at": "2026-01-01T00:00:00Z",
    "unconfirmed_until": None,
    "password_history": [],
    "password1": "x",
}


@pytest.mark.usefixtures("open_site")
def test_an_account_waits_for_its_address_to_be_confirmed(program: Program) -> None:
    response = program("POST", "register", ASKED)
    assert response.status_code == 202
    assert response.json()["username"] == "ada"
    user = User.objects.get()
    assert (user.email, user.email_pending) == ("", "ada@example.org")
    refused = problem_of(program("POST", "login", ASKED), 403)
    assert "Confirm your e-mail address" in refused["detail"]
    assert QueuedMail.objects.count() == 1
    User.objects.update(unconfirmed_until=None)
    assert program.sign_in()("GET", "me").status_code == 200


@pytest.mark.usefixtures("open_site")
def test_privileged_fields_are_ignored(program: Program) -> None:
    assert program("POST", "register", ASKED | PRIVILEGED).status_code == 202
    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser
    assert user.unconfirmed_until
    assert len(user.password_history) == 1
    assert user.check_password(PASSWORD)


@pytest.mark.usefixtures("open_site")
def test_r4_a_taken_address_gets_the_ordinary_reply(
    program: Program, make_user: Callable[..., User]
) -> None:
    make_user("eve")
    free = program("POST", "register", ASKED)
    taken = program("POST", "register", ASKED | {"username": "bob", "email": "EVE@example.org"})
    assert (free.status_code, taken.status_code) == (202, 202)
    assert free.json()["detail"] == taken.json()["detail"]
    assert free.headers.keys() == taken.headers.keys()


@pytest.mark.usefixtures("open_site")
def test_a_taken_name_is_a_conflict(program: Program, make_user: Callable[..., User]) -> None:
    make_user("ada")
    refused = problem_of(program("POST", "register", ASKED | {"username": "ADA"}), 409)
    assert refused["errors"] == {"username": ["Somebody already has this user name."]}


@pytest.mark.usefixtures("open_site")
def test_p1_every_broken_rule_is_said_by_field(program: Program) -> None:
    given = {"username": "a b", "email": "none", "password": "short"}
    errors = problem_of(program("POST", "register", given), 400)["errors"]
    assert errors.keys() == given.keys()
    assert len(errors["password"]) >= 4


@pytest.mark.usefixtures("open_site")
@pytest.mark.parametrize("field", ASKED)
@pytest.mark.parametrize("value", [{"$gt": ""}, ["a"], None, 5, "", "\ud800"])
def test_c1_only_texts_make_an_account(program: Program, field: str, value: object) -> None:
    refused = program("POST", "register", ASKED | {field: value})
    assert field in problem_of(refused, 400)["errors"]
    assert not User.objects.exists()


@pytest.mark.usefixtures("open_site")
def test_p3_a_password_of_4097_characters_makes_no_account(program: Program) -> None:
    giant = ASKED | {"password": "Aa1-" + "é" * 4_093}
    assert "password" in problem_of(program("POST", "register", giant), 400)["errors"]
    fields = ASKED | dict.fromkeys(("password1", "password2"), giant["password"])
    page = program.client.post("/accounts/register/", fields)
    assert "password1" in page.context["form"].errors
    assert not User.objects.exists()


@pytest.mark.parametrize("who", ["invitation", "closed"])
def test_elsewhere_nobody_registers(program: Program, who: str) -> None:
    with override_settings(REGISTRATION=who):
        problem_of(program("POST", "register", ASKED), 403)
    assert not User.objects.exists()
