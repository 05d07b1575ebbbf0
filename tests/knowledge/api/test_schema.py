"""The OpenAPI schema: it is whole, and what the API answers is what it says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.models import Article
from tests.knowledge.api.client import Api, problem_of

GENERATOR: Any = SchemaGenerator
SCHEMA: dict[str, Any] = GENERATOR().get_schema(request=None, public=True)
ELSEWHERE = "/api/v1/schema/"
NAMES = ["title", "content", "tags", "slug", "status", "visibility", "version", "url", "publish"]

texts = st.text(max_size=8) | st.sampled_from(["draft", "public", "ports", "\x00", "\ud800", "$ne"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(st.sampled_from(NAMES), values) | values
parts = st.sampled_from(["team", "ports", "1", "none", "$ne", "{}", "9" * 30, "%00"])


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in SCHEMA["paths"].items():
        for method, operation in methods.items():
            if path != ELSEWHERE and operation["operationId"] != "ask":
                yield path, method.upper(), operation


def test_the_schema_is_whole(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "api.yml"))


def test_every_operation_is_described_with_what_it_refuses() -> None:
    for path, _, operation in operations():
        assert operation["summary"]
        assert operation["description"]
        assert all(parameter["description"] for parameter in operation.get("parameters", ()))
        refusals = {code for code in operation["responses"] if code >= "300"}
        assert "404" in refusals or "{" not in path
        for code in refusals:
            assert list(operation["responses"][code]["content"]) == ["application/problem+json"]


@pytest.mark.usefixtures("workspace")
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_c1_whatever_is_sent_is_answered_as_the_schema_says(
    editor: Api, make_article: Callable[..., Article], data: st.DataObject
) -> None:
    if not Article.objects.exists():
        make_article()
    ours = [each for each in operations() if "/auth/" not in each[0]]  # those have their own test
    path, method, operation = data.draw(st.sampled_from(ours))
    for name in ("slug", "number", "job"):
        path = path.replace(f"{{{name}}}", data.draw(parts))
    path = path.replace("{workspace}", "team")
    query = data.draw(st.dictionaries(st.sampled_from(["limit", "cursor", "sort", "tag"]), texts))
    query = {name: value.encode(errors="replace").decode() for name, value in query.items()}
    body = data.draw(bodies) if method in ("POST", "PATCH") else None
    response = editor(method, path, body, query_params=query)
    assert response.status_code < 500
    if response.status_code >= 400:
        problem_of(response, response.status_code)
    assert str(response.status_code) in operation["responses"]
