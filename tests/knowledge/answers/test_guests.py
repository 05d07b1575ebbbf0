"""Guests' answers: whose they are, who may stop them, and when they are shared."""

from collections.abc import Callable

import pytest
from django.test import Client

from knowledge.guests import COOKIE
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import GUEST, Opened, browser_of, stop
from tests.knowledge.site import Site

Open = Callable[..., Opened]


def forged(guest: str) -> Client:
    client = Client()
    client.cookies[COOKIE] = guest
    return client


@pytest.mark.parametrize("client", [Client(), browser_of("another"), forged(GUEST)])
def test_a_guest_cannot_stop_another_guests_answer(opened: Open, client: Client) -> None:
    answer = opened()
    assert stop(answer, client) == 204
    assert answer.state == "ready"


def test_an_answer_asked_without_a_browser_can_be_stopped_by_nobody(opened: Open) -> None:
    answer = opened(guest="")
    assert stop(answer, Client()) == 204
    assert answer.state == "ready"


def test_guests_share_an_answer_only_once_it_is_whole(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    assert opened().id == answer.id
    assert opened(guest="another").id != answer.id
    assert opened(guest="").id != opened(guest="").id
    last = opened(guest="another")
    site.open(last.path + "/stream").events  # noqa: B018
    assert opened(guest="third").id == last.id
