"""From an article to an answer with nothing left out but the language model."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from knowledge.models import Article, Role, Visibility, Workspace
from knowledge.providers import Embedder
from knowledge.providers.local import LocalEmbedder
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.search.conftest import index, kind, publish, searching
from tests.knowledge.site import Site

__all__ = ["index", "kind", "publish", "searching"]

Publish = Callable[..., Article]
PORTS = "The web server listens on port 8000. Set `PORT` to change it."


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The bundled model, which knows what is about the question and what is not."""
    return LocalEmbedder()


def ask(question: str, *arguments: str, workspace: str = "team") -> list[dict[str, object]]:
    out = StringIO()
    call_command("ask", question, "--workspace", workspace, *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def titles(events: list[dict[str, object]]) -> list[str]:
    passages = events[0]["passages"]
    assert isinstance(passages, list)
    return [passage["title"] for passage in passages]


def text_of(events: list[dict[str, object]]) -> str:
    return "".join(str(event["text"]) for event in events if event["event"] == "token")


def test_a_question_is_answered_from_the_article_that_covers_it(publish: Publish) -> None:
    article = publish("Changing the port", PORTS)
    publish("Watering plants", "Ferns like shade and a little water every day.")
    passages, *tokens, done = ask("How do I change the port of the web server?")
    assert titles([passages])[0] == "Changing the port"
    assert passages["confidence"] == "strong"
    assert "Set `PORT` to change it [1]." in text_of(tokens)
    assert (done["model"], done["citations"]) == ("extractive", [1])
    assert str(article.pk) in json.dumps(passages)


def test_g2_a_question_that_nothing_covers_asks_no_model(
    publish: Publish, model: OpenAIServer
) -> None:
    publish("Changing the port", PORTS)
    passages, done = ask("Who won the football world cup in 1998?")
    assert (passages["confidence"], titles([passages])) == ("none", [])
    assert (done["event"], model.calls) == ("done", [])


def test_the_same_question_again_calls_no_model(publish: Publish, model: OpenAIServer) -> None:
    publish("Changing the port", PORTS)
    first, second = (ask("How do I change the port of the web server?") for _ in range(2))
    assert (first[0], first[-1]) == (second[0], second[-1])
    assert text_of(first) == text_of(second) != ""
    assert len(model.calls) == 1


def test_an_edit_makes_another_answer(publish: Publish, model: OpenAIServer) -> None:
    publish("Changing the port", PORTS)
    ask("How do I change the port of the web server?")
    publish("The port of the web server, again", PORTS + " It must be free.")
    ask("How do I change the port of the web server?")
    assert len(model.calls) == 2


def test_t1_an_answer_never_holds_another_workspaces_text(
    publish: Publish,
    model: OpenAIServer,
    make_workspace: Callable[..., Workspace],
    make_user: Callable[..., User],
) -> None:
    closed = make_workspace("closed")
    make_user("insider", workspace=closed, role=Role.VIEWER)
    publish("Changing the port", PORTS)
    publish("Changing the port", PORTS + " CANARY", workspace=closed)
    question = "How do I change the port of the web server?"
    assert "CANARY" not in json.dumps(ask(question))
    assert "CANARY" not in json.dumps(model.calls[0].body)
    assert "CANARY" in json.dumps(ask(question, "--as", "insider", workspace="closed"))
    with pytest.raises(CommandError, match="No workspace"):
        ask(question, workspace="closed")


def test_private_articles_are_for_editors(
    publish: Publish, workspace: Workspace, make_user: Callable[..., User]
) -> None:
    make_user("viewer", workspace=workspace, role=Role.VIEWER)
    make_user("editor", workspace=workspace, role=Role.EDITOR)
    publish("Changing the port", PORTS, visibility=Visibility.PRIVATE)
    question = "How do I change the port of the web server?"
    assert titles(ask(question)) == titles(ask(question, "--as", "viewer")) == []
    assert titles(ask(question, "--as", "editor")) == ["Changing the port"]


def test_tags_and_category_narrow_the_search(publish: Publish) -> None:
    publish("Changing the port", PORTS, tags=["web"], category="Running")
    question = "How do I change the port of the web server?"
    assert titles(ask(question, "--tag", "web", "--category", "Running"))
    assert not titles(ask(question, "--tag", "other"))
    assert not titles(ask(question, "--category", "Other"))


def test_the_api_answers_alike(publish: Publish, site: Site) -> None:
    publish("Changing the port", PORTS)
    body = json.dumps({"question": "How do I change the port of the web server?"})
    visit = site.open(
        "/api/v1/workspaces/team/answers", body=body, headers="Content-Type: application/json\r\n"
    )
    passages, *tokens, done = map(json.loads, visit.body.splitlines())
    assert titles([passages]) == ["Changing the port"]
    assert passages["passages"][0]["url"].startswith("/w/team/a/changing-the-port")
    assert tokens
    assert done["citations"] == [1]
