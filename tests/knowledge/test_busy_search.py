"""A search that cannot be done at this moment: what page, API and command say, and what is kept."""

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from knowledge.answers import opening
from knowledge.models import Workspace
from knowledge.providers import Busy, WarmingUp
from knowledge.views import later

ASKED = "/w/team/?q=Which+port%3F"
BROWSER = {"accept": "text/html,*/*"}
HTMX = {"accept": "*/*", "hx-request": "true"}

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[Busy], None]:
    def refuse(error: Busy) -> None:
        def retrieve(**_: object) -> None:
            raise error

        monkeypatch.setattr(opening, "retrieve", retrieve)

    refuse(Busy("Too many people are searching.", retry_after=3))
    return refuse


@pytest.mark.parametrize("headers", [BROWSER, HTMX])
def test_the_page_keeps_the_question_and_asks_again_by_itself(
    client: Client, refuse: Callable[..., None], headers: dict[str, str]
) -> None:
    response = client.get(ASKED, headers=headers)
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert "The knowledge base is busy." in page
    assert "Too many people are searching." in page
    assert 'value="Which port?"' in page
    assert 'hx-get="?q=Which+port%3F&amp;again=1"' in page
    assert 'hx-trigger="load delay:3s"' in page


def test_without_scripts_the_page_is_loaded_again(
    client: Client, refuse: Callable[..., None]
) -> None:
    head = client.get(ASKED, headers=BROWSER).content.decode().partition("<body")[0]
    inside = head.partition("<noscript>")[2].partition("</noscript>")[0]
    assert 'content="3;url=?q=Which+port%3F&amp;again=1"' in inside


@pytest.mark.parametrize("again", [later.MOST, 99, "-1", "x", "9" * 9])
def test_it_does_not_ask_by_itself_for_ever(
    client: Client, refuse: Callable[..., None], again: object
) -> None:
    page = client.get(f"{ASKED}&again={again}", headers=BROWSER).content.decode()
    assert "hx-trigger" not in page.partition('<div class="results">')[2]
    assert "http-equiv" not in page
    assert 'href="?q=Which+port%3F"' in page, "but its reader can"


def test_a_search_that_warms_up_says_so(client: Client, refuse: Callable[..., None]) -> None:
    refuse(WarmingUp("The index is being read.", retry_after=2))
    page = client.get(ASKED, headers=BROWSER).content.decode()
    assert "The search is warming up." in page
    assert "The index is being read." in page


def test_the_api_answers_503_with_a_problem_document(
    client: Client, refuse: Callable[..., None]
) -> None:
    response = client.post(
        "/api/v1/workspaces/team/answers", {"question": "Which port?"}, "application/json"
    )
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert response["Content-Type"] == "application/problem+json"
    told = json.loads(response.content)
    assert (told["code"], told["detail"]) == ("busy", "Too many people are searching.")


def test_the_command_ends_with_the_reason(refuse: Callable[..., None]) -> None:
    with pytest.raises(CommandError, match="Too many people are searching"):
        call_command("ask", "Which port?", "--workspace", "team")


def test_the_site_stays_what_it_was(client: Client, workspace: Workspace) -> None:
    assert client.get("/w/team/", headers=BROWSER).status_code == 200
