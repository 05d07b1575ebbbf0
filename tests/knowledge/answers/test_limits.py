"""How often one asker may ask, and how much a language model writes for one workspace. (R5)"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from kbsite import mongo
from knowledge.models import Visibility, Workspace
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import guest_cookies

HTMX = {"accept": "*/*", "hx-request": "true"}
BROWSER = {"accept": "text/html,*/*"}
THERE = "192.0.2.7"

pytestmark = pytest.mark.usefixtures("finds")


@pytest.fixture
def twice_a_minute(settings: Settings) -> None:
    settings.QUESTIONS_PER_MINUTE = 2


def page(
    client: Client,
    question: str = "Which port?",
    *,
    slug: str = "team",
    headers: dict[str, str] = BROWSER,
    address: str = "127.0.0.1",
) -> Any:
    return client.get(f"/w/{slug}/", {"q": question}, headers=headers, REMOTE_ADDR=address)


def whole(client: Client, question: str = "Which port?") -> str:
    """The page with its answer in it, as a browser without scripts has it."""
    answered = client.get("/w/team/", {"q": question, "whole": "1"}, headers=BROWSER)
    return answered.content.decode()


def api(client: Client) -> Any:
    body = {"question": "Which port?"}
    return client.post("/api/v1/workspaces/team/answers", body, "application/json")


@pytest.mark.usefixtures("twice_a_minute")
@pytest.mark.parametrize("headers", [BROWSER, HTMX])
def test_r5_who_asks_too_often_is_told_when_to_ask_again(
    client: Client, headers: dict[str, str]
) -> None:
    assert [page(client).status_code for _ in range(2)] == [200, 200]
    refused = page(client, headers=headers)
    shown = refused.content.decode()
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "You asked very many questions." in shown
    assert 'value="Which port?"' in shown, "what was typed is kept"
    assert "hx-trigger" not in shown.partition('<div class="results">')[2], "nor does it ask itself"


@pytest.mark.usefixtures("twice_a_minute")
def test_r5_htmx_shows_the_refusal(client: Client) -> None:
    config = page(client).content.decode().partition('name="htmx-config"')[2].partition(">")[0]
    assert '{"code": "429", "swap": true}' in config


@pytest.mark.usefixtures("twice_a_minute")
def test_r5_page_and_api_count_together(client: Client) -> None:
    assert (page(client).status_code, api(client).status_code) == (200, 200)
    refused = api(client)
    assert (refused.status_code, page(client).status_code) == (429, 429)
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    assert "Try again in" in json.loads(refused.content)["detail"]


@pytest.mark.usefixtures("twice_a_minute")
def test_r5_others_and_other_workspaces_are_answered_meanwhile(
    client: Client, make_user: Callable[..., User], make_workspace: Callable[..., Workspace]
) -> None:
    make_workspace("open", visibility=Visibility.PUBLIC)
    assert [page(client).status_code for _ in range(3)] == [200, 200, 429]
    assert page(client, slug="open").status_code == 200
    assert page(client, address=THERE).status_code == 200
    client.force_login(make_user())
    assert page(client).status_code == 200


@pytest.mark.usefixtures("twice_a_minute")
def test_r5_an_account_is_one_asker_wherever_it_is(
    client: Client, make_user: Callable[..., User]
) -> None:
    client.force_login(make_user())
    assert [page(client).status_code for _ in range(2)] == [200, 200]
    assert page(client, address=THERE).status_code == 429


@pytest.mark.usefixtures("twice_a_minute")
def test_r5_a_new_cookie_is_no_new_asker(db: None) -> None:
    for expected in (200, 200, 429):
        client = Client()
        client.cookies = guest_cookies(f"guest-{expected}")
        assert page(client).status_code == expected


@pytest.mark.usefixtures("twice_a_minute")
def test_r5_a_refused_question_is_neither_searched_for_nor_stored(client: Client) -> None:
    for number in range(4):
        page(client, f"Question {number}?")
    assert mongo.answers().count_documents({}) == 2


def test_r5_an_hour_is_bounded_too(client: Client, settings: Settings) -> None:
    settings.QUESTIONS_PER_HOUR = 1
    page(client)
    assert 60 < int(page(client)["Retry-After"]) <= 3600


def test_r5_past_its_day_a_workspace_gets_sentences_quoted(
    client: Client, model: OpenAIServer, settings: Settings
) -> None:
    settings.MODEL_ANSWERS_PER_DAY = 2
    shown = [whole(client, f"Which port {number}?") for number in range(3)]
    assert len(model.calls) == 2
    assert "Written by gpt-4o-mini" in shown[1]
    assert "has written enough here for one day" not in shown[1]
    assert "has written enough here for one day" in shown[2]
    assert "Extracted from the sources, not written by the language model." in shown[2]
    assert "The port is 8000" in shown[2].partition('id="answer-text"')[2][:200]


def test_r5_what_asks_no_model_does_not_count(
    client: Client, model: OpenAIServer, settings: Settings, finds: Callable[..., None]
) -> None:
    settings.MODEL_ANSWERS_PER_DAY = 2
    finds("none")
    whole(client, "What is not here?")
    finds()
    for _ in range(3):
        whole(client)
    assert "Written by" in whole(client, "Which host?")
    assert len(model.calls) == 2


def test_r5_each_workspace_has_a_day_of_its_own_and_0_is_no_bound(
    client: Client,
    model: OpenAIServer,
    settings: Settings,
    make_workspace: Callable[..., Workspace],
) -> None:
    make_workspace("open", visibility=Visibility.PUBLIC)
    settings.MODEL_ANSWERS_PER_DAY = 1
    for slug in ("team", "open"):
        assert page(client, slug=slug).status_code == 200
    settings.MODEL_ANSWERS_PER_DAY = 0
    page(client, "And now?")
    assert mongo.answers().count_documents({}) == 3
    assert mongo.answers().count_documents({"retrieval.degraded": "model_used_up"}) == 0


def test_r5_what_was_quoted_is_written_once_the_model_may_again(
    client: Client, model: OpenAIServer, settings: Settings
) -> None:
    settings.MODEL_ANSWERS_PER_DAY = 1
    whole(client, "Which host?")
    assert "Extracted" in whole(client)
    settings.MODEL_ANSWERS_PER_DAY = 2
    assert "Written by" in whole(client)
