"""Readers who leave, come back or stop an answer: what becomes of the model's request (D1)."""

import asyncio
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from kbsite import mongo
from knowledge.answers import generation
from knowledge.guests import COOKIE
from knowledge.models import Role, Workspace
from knowledge.views import answering
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import Opened, guest_cookies, stop
from tests.knowledge.site import Site, Visit, wait_until

Open = Callable[..., Opened]
LONGER_THAN_THE_GRACE = 0.7
TOKENS = ["One ", "two ", "three ", "four."]


@pytest.fixture
def model(model: OpenAIServer) -> OpenAIServer:
    """Writes three tokens and waits."""
    model.script(TOKENS, hold_after=3)
    return model


def watching(site: Site, answer: Opened) -> Visit:
    visit = site.open(answer.path + "/stream")
    visit.until("One two three")
    return visit


def test_d1_a_reset_after_the_third_token_stops_the_model_within_a_second(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    visit = watching(site, answer)
    left = time.monotonic()
    visit.abort()
    assert model.calls[0].disconnected.wait(2)
    assert (model.calls[0].disconnected_at or 0) - left < 1
    wait_until(lambda: answer.state == "stopped")
    assert answer.text == "One two three "


def test_d1_an_api_client_that_leaves_stops_the_model_too(
    site: Site, model: OpenAIServer, finds: Callable[..., None]
) -> None:
    visit = site.open(
        "/api/v1/workspaces/team/answers",
        body='{"question": "Which port?"}',
        headers="Content-Type: application/json\r\n",
    )
    visit.until("three")
    left = time.monotonic()
    visit.abort()
    assert model.calls[0].disconnected.wait(2)
    assert (model.calls[0].disconnected_at or 0) - left < 1


def test_d1_without_javascript_leaving_stops_the_model_too(
    site: Site, model: OpenAIServer, finds: Callable[..., None]
) -> None:
    visit = site.open("/w/team/?q=Which+port&whole=1")
    assert model.wait_for_call().holding.wait(5)
    left = time.monotonic()
    visit.abort()
    assert model.calls[0].disconnected.wait(2)
    assert (model.calls[0].disconnected_at or 0) - left < 1


def test_a_server_that_ends_stores_what_it_has(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    visit = watching(site, answer)
    asyncio.run_coroutine_threadsafe(generation.stop_all(), site.loop).result(5)
    assert (answer.state, answer.text) == ("stopped", "One two three ")
    (done, foot), (last, _) = visit.events[-2:]
    assert (done, last) == ("done", "close")
    assert "The server was stopped before this answer was finished" in foot
    assert "Ask again" in foot


def test_a_lost_connection_is_not_said_to_be_the_readers_wish(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    watching(site, answer).abort()
    wait_until(lambda: answer.state == "stopped")
    foot = dict(site.open(answer.path + "/stream").events)["done"]
    assert "You stopped" not in foot
    assert "the connection lost, before this answer was finished" in foot
    assert 'href=""' in foot, "the same search, asked again"


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.soak)])
def test_d1_many_readers_who_leave_leave_nothing_behind(
    site: Site, model: OpenAIServer, opened: Open, rounds: int
) -> None:
    watching(site, opened("First?")).abort()
    wait_until(lambda: model.calls[0].finished.is_set())
    before = site.tasks()
    for round_ in range(rounds):
        for visit in [watching(site, opened(f"{round_} {number}?")) for number in range(20)]:
            visit.abort()
        wait_until(lambda: all(call.finished.is_set() for call in model.calls))
    wait_until(lambda: site.tasks() <= before)
    assert len(model.calls) == 1 + 20 * rounds


@pytest.mark.parametrize("leaves", [False, True])
def test_d2_a_reader_who_does_not_read_holds_nothing_up(
    site: Site,
    model: OpenAIServer,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
    leaves: bool,
) -> None:
    monkeypatch.setattr(answering, "PAUSE", 0)
    model.script(["word " * 20] * 150, delay=0.005, hold_after=149)
    answer = opened()
    visit = site.open(answer.path + "/stream", buffer=4_096)
    assert model.wait_for_call().holding.wait(10)
    if leaves:
        visit.abort()
        assert model.calls[0].disconnected.wait(2)
    else:
        model.release()
    wait_until(lambda: answer.state == ("stopped" if leaves else "done"))


def test_a_stopped_answer_is_not_used_again(site: Site, model: OpenAIServer, opened: Open) -> None:
    answer = opened()
    watching(site, answer).abort()
    wait_until(lambda: answer.state == "stopped")
    assert opened().id != answer.id


def test_a_reload_takes_the_answer_up_where_it_is(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    watching(site, answer).abort()
    again = watching(site, answer)
    assert not model.calls[0].disconnected.wait(LONGER_THAN_THE_GRACE)
    model.release()
    assert "One two three four." in again.body
    assert (len(model.calls), answer.state) == (1, "done")


def test_one_of_two_readers_leaving_changes_nothing(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    one, other = watching(site, answer), watching(site, answer)
    one.abort()
    assert not model.calls[0].disconnected.wait(LONGER_THAN_THE_GRACE)
    model.release()
    assert "One two three four." in other.body


def test_d3_the_stop_button_ends_the_answer_where_it_is(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    visit = watching(site, answer)
    body = "csrfmiddlewaretoken=" + "a" * 32
    cookies = f"csrf={'a' * 32}; guest={guest_cookies()[COOKIE].value}"
    headers = f"Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert site.open(answer.path + "/stop", body=body, headers=headers).status == 204
    *_, (_, shown), (done, foot), (last, _) = visit.events
    assert "<p>One two three</p>" in shown
    assert (done, last) == ("done", "close")
    assert "You stopped this answer" in foot
    assert "Ask again" not in foot
    assert (answer.state, answer.text) == ("stopped", "One two three ")
    assert model.calls[0].disconnected.wait(1)


def test_c2_stopping_needs_a_token_and_a_post(site: Site, opened: Open) -> None:
    client = Client(enforce_csrf_checks=True)
    assert stop(opened(), client) == 403
    url = reverse("knowledge:answer_stop", args=["team", opened().id])
    assert client.get(url).status_code == 405


def test_an_answer_that_was_never_started_is_stopped_for_good(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    assert stop(answer) == 204
    assert [name for name, _ in site.open(answer.path + "/stream").events] == ["done", "close"]
    assert model.calls == []


def test_a_finished_answer_stays_as_it_is(site: Site, model: OpenAIServer, opened: Open) -> None:
    model.release()
    answer = opened()
    assert "four." in site.open(answer.path + "/stream").body
    assert (stop(answer), answer.state) == (204, "done")


def test_somebody_elses_answer_cannot_be_stopped(
    site: Site,
    model: OpenAIServer,
    opened: Open,
    workspace: Workspace,
    make_user: Callable[..., User],
) -> None:
    answer = opened()
    client = Client()
    client.force_login(make_user(workspace=workspace, role=Role.VIEWER))
    assert stop(answer, client) == 204
    assert answer.state == "ready"


def test_usage_is_recorded_for_a_whole_answer(
    site: Site, model: OpenAIServer, opened: Open, workspace: Workspace
) -> None:
    model.release()
    site.open(opened().path + "/stream").events  # noqa: B018
    [usage] = mongo.database()["usage_events"].find({"meta.workspace": str(workspace.pk)})
    assert usage["meta"] == {
        "workspace": str(workspace.pk),
        "user": None,
        "model": "gpt-4o-mini",
        "purpose": "answer",
    }
    assert usage["tokens"] > len(TOKENS)
