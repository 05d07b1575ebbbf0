"""The API's contract: who may ask what, and the lines that come back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts import api_tokens, refreshing, sessions
from accounts.api.access_tokens import AccessToken
from accounts.models import User
from knowledge.models import Role, Visibility, Workspace
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.site import Site

URL = "/api/v1/workspaces/team/answers"
DONE_FIELDS = [
    *("answered", "citations", "event", "model", "support", "timings_ms", "usage", "verdicts")
]
PASSAGE_FIELDS = [
    "article_id",
    "breadcrumb",
    "end",
    "indexed_at",
    "n",
    "relevance",
    "revision",
    "start",
    "text",
    "title",
    "url",
]

pytestmark = pytest.mark.usefixtures("finds")


def asked(
    site: Site, question: object = "Which port?", *, headers: str = "", **more: object
) -> Any:
    body = json.dumps({"question": question, **more})
    return site.open(URL, body=body, headers=f"Content-Type: application/json\r\n{headers}")


def events(site: Site, **how: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in asked(site, **how).body.splitlines()]


def test_the_events_come_in_order_with_exactly_their_fields(
    site: Site, model: OpenAIServer
) -> None:
    passages, *tokens, done = events(site)
    assert sorted(passages) == [
        "answer_id",
        "confidence",
        "confidence_source",
        "degraded",
        "event",
        "passages",
        "timings_ms",
    ]
    assert [sorted(passage) for passage in passages["passages"]] == [PASSAGE_FIELDS] * 2
    assert "".join(token["text"] for token in tokens) == "The port is 8000 [1]."
    assert sorted(done) == DONE_FIELDS
    assert (done["model"], done["citations"]) == ("gpt-4o-mini", [1])
    assert done["usage"]["completion_tokens"] > 0


def test_passages_are_sent_before_the_model_is_asked(site: Site, model: OpenAIServer) -> None:
    model.script(hold_after=0)
    visit = asked(site)
    head, _, lines = visit.until('"degraded":[]}\n').partition("\r\n\r\n")
    assert "content-type: application/x-ndjson" in head.lower()
    assert lines.count("\n") == 1
    model.release()
    assert visit.body.splitlines()[-1].startswith('{"event":"done"')


def test_g2_nothing_found_is_done_at_once_without_a_model(
    site: Site, model: OpenAIServer, finds: Callable[..., None]
) -> None:
    finds("none")
    passages, done = events(site)
    assert (passages["confidence"], passages["passages"]) == ("none", [])
    assert (done["event"], done["citations"]) == ("done", [])
    assert model.calls == []


def test_x5_numbers_that_were_not_retrieved_are_not_cited(site: Site, model: OpenAIServer) -> None:
    model.script(["Sure [99] ", "[1](javascript:alert(1)) ", "[2", "]."])
    *_, done = events(site)
    assert done["citations"] == [1, 2]


def test_a_failing_model_is_an_error_event_on_a_good_response(
    site: Site, model: OpenAIServer
) -> None:
    model.script(["Half"], cut_after=1)
    visit = asked(site)
    assert visit.status == 200
    [_, token, error] = map(json.loads, visit.body.splitlines())
    assert token["text"] == "Half"
    assert (error["event"], error["code"]) == ("error", "model_unavailable")


@pytest.mark.parametrize("visibility", [Visibility.MEMBERS, None])
def test_no_access_and_no_workspace_are_404_alike(
    site: Site, workspace: Workspace, visibility: Visibility | None
) -> None:
    if visibility:
        Workspace.objects.update(visibility=visibility)
    else:
        workspace.delete()
    visit = asked(site)
    assert (visit.status, json.loads(visit.body)["title"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("", "Type a question first."),
        (" \x00\n ", "Type a question first."),
        ("a" * 10_000, "The question is 10,000 characters long; at most 1,000 are read."),
        ({"$gt": ""}, "A question is a text."),
        (["a"], "A question is a text."),
        (None, "Type a question first."),
    ],
)
def test_c1_what_cannot_be_asked_is_refused_in_plain_words(
    site: Site, model: OpenAIServer, question: object, reason: str
) -> None:
    visit = asked(site, question)
    assert visit.status == 400
    assert json.loads(visit.body)["errors"] == {"question": [reason]}
    assert model.calls == []


@pytest.mark.parametrize(
    "more",
    [{"tags": {"$ne": ""}}, {"tags": [{"$ne": ""}]}, {"tags": "a"}, {"category": {"$ne": ""}}],
)
def test_c1_filters_are_texts(site: Site, more: dict[str, Any]) -> None:
    assert asked(site, **more).status == 400


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', "null"])
def test_a_body_that_is_no_question_is_refused(client: Client, body: str) -> None:
    assert client.post(URL, body, content_type="application/json").status_code == 400


def test_control_characters_and_other_languages_are_asked_about(
    site: Site, model: OpenAIServer
) -> None:
    assert events(site, question="Welcher\x00 Port\n für 日本語?\ud800")[-1]["event"] == "done"
    assert "Question: Welcher Port für 日本語?" in model.calls[0].body["messages"][1]["content"]


def test_unknown_fields_widen_nothing(site: Site, model: OpenAIServer) -> None:
    wider = {"scope": "*", "workspace_id": "other", "visibility": "private", "workspace": "b"}
    assert events(site, **wider)[-1]["event"] == "done"


def test_c2_a_session_needs_the_csrf_token(
    make_user: Callable[..., User], workspace: Workspace, model: OpenAIServer
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(workspace=workspace, role=Role.VIEWER))
    body = json.dumps({"question": "Which port?"})
    assert client.post(URL, body, content_type="application/json").status_code == 403
    client.cookies["csrf"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    response = client.post(URL, body, content_type="application/json", headers=headers)
    assert response.status_code == 200


def test_a_client_may_ask_for_ndjson(site: Site, model: OpenAIServer) -> None:
    assert asked(site, headers="Accept: application/x-ndjson\r\n").status == 200


def test_t6_a_stream_ends_when_access_does(
    site: Site, model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.answers.pacing.CHECK_EVERY", 0.05)
    model.script(["Known ", "secret"], hold_after=1)
    visit = asked(site)
    visit.until("Known")
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    visit.until("You may no longer read this workspace.")
    model.release()
    assert "secret" not in visit.body


@pytest.mark.parametrize("kind", ["session", "token"])
def test_s2_a_stream_ends_when_the_programs_session_or_token_does(
    site: Site,
    model: OpenAIServer,
    make_user: Callable[..., User],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr("knowledge.answers.pacing.CHECK_EVERY", 0.05)
    user = make_user(workspace=workspace, role=Role.VIEWER)
    bearer, end = of_kind(kind, user)
    model.script(["Known ", "secret"], hold_after=1)
    visit = asked(site, headers=f"Authorization: Bearer {bearer}\r\n")
    visit.until("Known")
    end()
    visit.until("You may no longer read this workspace.")
    model.release()
    assert "secret" not in visit.body


def of_kind(kind: str, user: User) -> tuple[str, Callable[[], object]]:
    """A credential of the user's program, and what ends it."""
    request = RequestFactory().get("/")
    if kind == "session":
        session, _ = refreshing.begin(user, request=request)
        return str(AccessToken.of(session)), lambda: sessions.revoke(session, why="signed out")
    token, secret = api_tokens.make(user, name="x", scopes=["ask"], days=1, request=request)
    return secret, lambda: api_tokens.revoke(token, by=user, request=request)


def test_c3_a_failure_is_logged_without_what_was_asked_or_answered(
    site: Site, model: OpenAIServer, caplog: pytest.LogCaptureFixture
) -> None:
    model.fail(400, times=3, message="canary-provider", code="canary-code")
    assert events(site, question="canary-question")[-1]["event"] == "error"
    assert "model" in caplog.text
    assert "canary" not in caplog.text


def test_the_schema_documents_the_endpoint_and_its_events(client: Client) -> None:
    response = client.get("/api/v1/schema/", headers={"Accept": "application/json"})
    schema = response.json()
    operation = schema["paths"]["/api/v1/workspaces/{workspace}/answers"]["post"]
    [content] = operation["responses"]["200"]["content"].items()
    assert content == (
        "application/x-ndjson",
        {"schema": {"$ref": "#/components/schemas/AnswerEvent"}},
    )
    events = schema["components"]["schemas"]["AnswerEvent"]["discriminator"]["mapping"]
    assert sorted(events) == ["done", "error", "passages", "token"]


def test_the_schema_says_what_has_a_verdict(client: Client) -> None:
    response = client.get("/api/v1/schema/", headers={"Accept": "application/json"})
    done = response.json()["components"]["schemas"]["DoneSchema"]["properties"]
    assert "sentence that claims something" in done["verdicts"]["description"]
