import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from knowledge.models import Role, Visibility, Workspace
from tests.fakes.openai_server import OpenAIServer

pytestmark = pytest.mark.usefixtures("finds", "model")


def ask(*arguments: str, question: str = "Which port?") -> str:
    out = StringIO()
    call_command("ask", question, "--workspace", "team", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_events_as_lines_of_json() -> None:
    events = [json.loads(line)["event"] for line in ask().splitlines()]
    assert (events[0], events[-1]) == ("passages", "done")
    assert set(events[1:-1]) == {"token"}


def test_it_can_print_for_people() -> None:
    assert ask("--text") == "[1] Ports\n[2] Hosts\n\nThe port is 8000 [1].\n"


def test_it_says_when_nothing_covers_the_question(finds: Callable[..., None]) -> None:
    finds("none")
    assert ask("--text") == "Nothing here covers this question.\n"


def test_it_asks_as_a_visitor_or_as_somebody(
    make_user: Callable[..., User], workspace: Workspace
) -> None:
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    make_user("ada", workspace=workspace, role=Role.VIEWER)
    with pytest.raises(CommandError, match="No workspace “team”"):
        ask()
    assert ask("--as", "Ada@example.org")


def test_unknown_users_and_empty_questions_are_refused() -> None:
    with pytest.raises(CommandError, match="No active user “nobody”"):
        ask("--as", "nobody")
    with pytest.raises(CommandError, match="Type a question first"):
        ask(question=" ")


def test_a_failed_answer_fails_the_command(model: OpenAIServer) -> None:
    model.fail(400, times=9)
    with pytest.raises(CommandError, match="refused the request"):
        ask()
