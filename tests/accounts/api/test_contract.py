"""Schemathesis on the accounts' API: it makes requests from the OpenAPI, right ones and wrong ones.

Whatever is sent, nothing fails here, and every answer is one that the OpenAPI has for it. The
requests are the same in every run.
"""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts import api_tokens, refreshing
from accounts.api.access_tokens import AccessToken, MfaToken
from accounts.api.cookies import NAME
from accounts.models import ApiToken, User
from tests.accounts import authenticator
from tests.accounts.authenticator import visit
from tests.conftest import PASSWORD

GENERATOR: Any = SchemaGenerator
CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


CREDENTIALS = ["access", "cookie", "personal", "half", "none"]


def described() -> Any:
    schema = schemathesis.openapi.from_dict(GENERATOR().get_schema(request=None, public=True))
    schema.app = get_wsgi_application()
    return schema.include(path_regex="^/api/v1/auth/")


OPERATIONS: dict[str, Any] = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in described().get_all_operations()
}


def requests(operation: Any) -> st.SearchStrategy[Any]:
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.path_parameters:
        modes.append(GenerationMode.NEGATIVE)
    return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))


@pytest.mark.parametrize("examples", [12, pytest.param(300, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_s5_c1_nothing_fails_and_every_answer_is_documented(
    ada: User, open_site: None, name: str, examples: int
) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(requests(OPERATIONS[name]))
        credential = data.draw(st.sampled_from(CREDENTIALS))
        held = data.draw(st.sampled_from([False, False, False, True]))
        known(case, ada)
        sent = credentials(credential, ada)
        User.objects.filter(pk=ada.pk).update(must_change_password=held)
        case.validate_response(case.call(**sent), checks=CHECKS)

    ask()


def known(case: Any, user: User) -> None:
    """Put in what is right, where chance would never find it, in a part of the requests."""
    if "session" in (case.path_parameters or {}) and len(case.path_parameters["session"]) % 2:
        session, _ = refreshing.begin(user, request=visit())
        case.path_parameters["session"] = str(session.pk)
    if not isinstance(case.body, dict) or len(str(case.body)) % 2:
        return
    half = refreshing.begin_half(user, request=visit())
    right = {
        "username": "bob" if "email" in case.body else "ada",
        "password": PASSWORD,
        "current_password": PASSWORD,
        "new_password": "Another-horse-9",
        "email": "new@example.org",
        "mfa_token": str(MfaToken.of(half)),
        "code": authenticator.code(),
    }
    case.body |= {field: value for field, value in right.items() if field in case.body}


def credentials(kind: str, user: User) -> dict[str, dict[str, str]]:
    user.refresh_from_db()  # a request before may have changed the password
    session, refresh_token = refreshing.begin(user, request=visit())
    bearers: dict[str, Callable[[], object]] = {
        "access": lambda: AccessToken.of(session),
        "half": lambda: MfaToken.of(refreshing.begin_half(user, request=visit())),
        "personal": lambda: personal_token(user),
    }
    if kind in bearers:
        return {"headers": {"Authorization": f"Bearer {bearers[kind]()}"}}
    return {"cookies": {NAME: refresh_token}} if kind == "cookie" else {}


def personal_token(user: User) -> str:
    ApiToken.objects.all().delete()  # a person may have fifty
    scopes = ["read", "ask", "write"]
    return api_tokens.make(user, name="Backup", scopes=scopes, days=1, request=visit())[1]
