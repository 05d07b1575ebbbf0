"""The API's page for people: kbsite/api/page.py and examples.py."""

import json

from django.test import Client

from kbsite.api.examples import example_of, example_text
from kbsite.api.page import operations


def test_the_page_shows_every_operation_with_its_parameters_and_answers(
    client: Client, db: None
) -> None:
    page = client.get("/api/v1/").content.decode()
    shown = [operation for group in operations().values() for operation in group]
    assert len(shown) > 25
    for operation in shown:
        assert f'id="{operation.id}"' in page
        assert operation.path in page
        assert all(parameter.description for parameter in operation.parameters)
        assert all(answer.description for answer in operation.answers if answer.is_refusal)
    assert "<script>" not in page
    assert "<code>requires_mfa</code>" in page
    assert "`" not in page
    assert "style=" not in page


def test_it_says_who_may_and_with_which_scope() -> None:
    by_id = {each.id: each for group in operations().values() for each in group}
    assert by_id["login"].by == "anybody"
    assert by_id["refresh"].by == "the refresh cookie"
    assert by_id["me"].by == "a token or a browser that is signed in"
    assert (by_id["ask"].scope, by_id["change_password"].scope) == ("ask", "")


def test_examples_are_what_the_schema_describes() -> None:
    schemas = {
        "Tag": {"type": "string", "enum": ["red", "blue"]},
        "One": {"type": "object", "properties": {"tags": {"type": "array", "items": ref("Tag")}}},
        "Event": {"oneOf": [ref("One"), {"type": "object", "properties": {}}]},
    }
    assert example_of(ref("One"), schemas) == {"tags": ["red"]}
    assert example_of({"allOf": [ref("Tag")], "nullable": True}, schemas) == "red"
    assert example_of({"type": "object", "additionalProperties": ref("Tag")}, schemas) == {
        "…": "red"
    }
    lines = example_text("application/x-ndjson", {"schema": ref("Event")}, schemas).splitlines()
    assert [json.loads(line) for line in lines] == [{"tags": ["red"]}, {}]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
