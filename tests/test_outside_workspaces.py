"""Every URL that is not of a workspace, for every kind of person: a new one without a row fails."""

from collections.abc import Callable
from copy import deepcopy

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from knowledge.models import Role, Workspace
from tests.accounts.authenticator import give_second_factor
from tests.addresses import OTHERS, address
from tests.behind_doors import as_it_was
from tests.conftest import PASSWORD
from tests.test_urls import body_for, signed_in

# what a GET answers: visitor, password only, viewer, editor, admin, site administrator
OPEN = {
    "accounts:delete": (302, 302, 200, 200, 200, 200),
    "accounts:email_change": (302, 302, 200, 200, 200, 200),
    "accounts:email_confirm": (404, 302, 404, 404, 404, 404),
    "accounts:login": (200, 302, 302, 302, 302, 302),
    "accounts:logout": (405, 405, 405, 405, 405, 405),
    "accounts:mfa": (302, 302, 200, 200, 200, 200),
    "accounts:mfa_off": (302, 302, 302, 302, 302, 302),
    "accounts:mfa_setup": (302, 302, 200, 200, 200, 200),
    "accounts:password_change": (302, 302, 200, 200, 200, 200),
    "accounts:password_reset": (200, 302, 200, 200, 200, 200),
    "accounts:password_reset_choose": (404, 302, 404, 404, 404, 404),
    "accounts:password_reset_link": (404, 302, 404, 404, 404, 404),
    "accounts:password_reset_sent": (200, 302, 200, 200, 200, 200),
    "accounts:password_rules": (405, 302, 405, 405, 405, 405),
    "accounts:recovery_renew": (302, 302, 302, 302, 302, 302),
    "accounts:register": (200, 302, 302, 302, 302, 302),
    "accounts:registered": (302, 302, 302, 302, 302, 302),
    "accounts:second_step": (302, 200, 302, 302, 302, 302),
    "accounts:security": (302, 302, 200, 200, 200, 200),
    "accounts:session_revoke": (405, 302, 405, 405, 405, 405),
    "accounts:sessions_revoke_others": (405, 302, 405, 405, 405, 405),
    "accounts:token_new": (302, 302, 200, 200, 200, 200),
    "accounts:token_revoke": (405, 302, 405, 405, 405, 405),
    "accounts:tokens": (302, 302, 200, 200, 200, 200),
    "api:schema": (200, 403, 200, 200, 200, 200),
    "api:workspaces": (200, 403, 200, 200, 200, 200),
    "api_page": (200, 403, 200, 200, 200, 200),
    "auth:login": (405, 403, 405, 405, 405, 405),
    "auth:logout": (405, 403, 405, 405, 405, 405),
    "auth:logout_all": (401, 403, 405, 405, 405, 405),
    "auth:me": (401, 403, 200, 200, 200, 200),
    "auth:mfa_login": (405, 403, 405, 405, 405, 405),
    "auth:mfa_setup": (401, 403, 405, 405, 405, 405),
    "auth:mfa_verify": (401, 403, 405, 405, 405, 405),
    "auth:password": (401, 403, 405, 405, 405, 405),
    "auth:refresh": (405, 403, 405, 405, 405, 405),
    "auth:register": (405, 403, 405, 405, 405, 405),
    "auth:session": (401, 403, 405, 405, 405, 405),
    "auth:sessions": (401, 403, 200, 200, 200, 200),
    "calibration:page": (302, 302, 302, 302, 302, 200),
    "calibration:reset": (302, 302, 302, 302, 302, 405),
    "healthz": (200, 200, 200, 200, 200, 200),
    "home": (200, 302, 200, 200, 200, 200),
    "knowledge:forget_reading": (405, 302, 405, 405, 405, 405),
    "knowledge:invitation": (404, 302, 404, 404, 404, 404),
    "knowledge:invitation_join": (404, 302, 404, 404, 404, 404),
    "knowledge:invitation_register": (404, 302, 404, 404, 404, 404),
    "knowledge:workspace_new": (302, 302, 200, 200, 200, 200),
}

EXPECTED = {200, 202, 204, 302, 400, 401, 403, 404, 405, 409}
"""Of a POST of nothing: forms that say what is missing are 200."""


@pytest.fixture
def people(make_user: Callable[..., User], workspace: Workspace) -> list[Client]:
    """Their browsers, in the order of the table."""
    for role in Role:
        make_user(role.value, workspace=workspace, role=role)
    make_user("root", is_staff=True, is_superuser=True)
    give_second_factor(make_user("half"))
    half = Client()
    half.post(reverse("accounts:login"), {"username": "half", "password": PASSWORD})
    return [Client(), half, *map(signed_in, ("viewer", "editor", "admin", "root"))]


def test_urls_outside_workspaces_answer_each_kind_of_person_as_listed(
    people: list[Client],
) -> None:
    assert {
        name: tuple(person.get(address(name, "none")).status_code for person in people)
        for name in OTHERS
    } == OPEN


def test_whoever_posts_nothing_is_answered_without_a_fault(people: list[Client]) -> None:
    answered = {name: tuple(posted(person, name) for person in people) for name in OTHERS}
    wrong = {name: row for name, row in answered.items() if not EXPECTED.issuperset(row)}
    assert wrong == {}
    # but for the second step itself, half a session posts nothing anywhere
    half = {name: row[1] for name, row in answered.items() if row[1] not in {302, 403}}
    assert half == {"accounts:second_step": 200, "healthz": 405}
    # what is the site's is changed by its administrators alone
    assert answered["calibration:reset"] == (302, 302, 302, 302, 302, 302)


def posted(person: Client, name: str) -> int:
    """What it answers; the database and the browser are as before."""
    target, cookies = address(name, "none"), deepcopy(person.cookies)
    with as_it_was():
        status: int = person.post(target, **body_for(target)).status_code
    person.cookies = cookies
    return status
