"""The page's stream over a real socket: what arrives, once, to whom, and how it ends."""

import threading
from collections.abc import Callable, Collection

import pytest
from pytest_django import Settings

from knowledge.answers import checks, citations, generation, pacing, writing
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import Opened
from tests.knowledge.site import Site

Open = Callable[..., Opened]


def names(events: list[tuple[str, str]]) -> list[str]:
    return [name for name, _ in events]


def test_an_answer_streams_and_ends_with_close(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    visit = site.open(opened().path + "/stream")
    *answers, (done, foot), (last, _) = visit.events
    assert {name for name, _ in answers} == {"answer"}
    assert answers[-1][1].strip() == (
        '<p>The port is 8000\u202f<a class="citation" href="#source-1" data-source="1" '
        'data-claim="0">1</a>.</p>'
    )
    assert (done, last) == ("done", "close")
    assert "Written by" in foot


def test_the_response_can_pass_through_proxies_unbuffered(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    head = site.open(opened().path + "/stream").head.lower()
    assert "content-type: text/event-stream" in head
    assert "content-encoding: identity" in head
    assert "x-accel-buffering: no" in head
    assert "cache-control: no-cache" in head


def test_the_first_token_is_sent_before_the_last_is_written(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    model.script(["First", " last"], hold_after=1)
    visit = site.open(opened().path + "/stream")
    assert "last" not in visit.until("<p>First</p>")
    model.release()
    assert "First last" in visit.body


def test_d3_what_is_stored_is_what_was_shown(site: Site, model: OpenAIServer, opened: Open) -> None:
    model.script(["Ports\n\n", "- one\r\n", "- two [1]", "\n\n\u2028é\x85😀"])
    answer = opened()
    shown = [html for name, html in site.open(answer.path + "/stream").events if name == "answer"]
    assert (answer.state, answer.text) == ("done", "Ports\n\n- one\r\n- two [1]\n\n\u2028é\x85😀")
    replayed = [h for name, h in site.open(answer.path + "/stream").events if name == "answer"]
    assert replayed == [shown[-1]]


def test_finding_the_citations_holds_no_other_request_up(
    site: Site, model: OpenAIServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def cited_numbers(text: str, *, retrieved: Collection[int]) -> tuple[int, ...]:
        threads.append(threading.get_ident())
        return citations.cited_numbers(text, retrieved=retrieved)

    monkeypatch.setattr(writing, "cited_numbers", cited_numbers)
    assert "data-source" in site.open(opened().path + "/stream").body
    assert threads
    assert site.thread_id not in threads


def test_the_check_of_the_answer_is_stored_with_it(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    assert "Every sentence was found in its sources." in site.open(answer.path + "/stream").body
    done = answer.stored["events"][-1]
    whole = {"start": 0, "end": len(answer.text), "citations": [1], "verdict": "supported"}
    assert (done["verdicts"], done["answered"]) == ([whole], "yes")
    [support] = done["support"]
    assert answer.retrieval.passages[0].text[support["start"] : support["end"]] == (
        "The port is 8000."
    )


def test_a_check_that_fails_costs_its_verdicts_and_never_the_answer(
    site: Site, model: OpenAIServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(checks, "check_answer", fail)
    answer = opened()
    assert names(site.open(answer.path + "/stream").events)[-2:] == ["done", "close"]
    assert (answer.state, answer.stored["events"][-1]["verdicts"]) == ("done", [])


def test_a_reconnection_replays_and_calls_no_model_again(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    answer = opened()
    first, second = (site.open(answer.path + "/stream").events for _ in range(2))
    assert first[-3:] == second[-3:]
    assert len(model.calls) == 1


def test_two_at_once_share_one_call(site: Site, model: OpenAIServer, opened: Open) -> None:
    model.script(hold_after=3)
    answer = opened()
    one = site.open(answer.path + "/stream")
    one.until("<p>The port is")
    other = site.open(answer.path + "/stream")
    other.until("<p>The port is")
    model.release()
    assert one.events[-3:] == other.events[-3:]
    assert len(model.calls) == 1


def test_weak_passages_are_answered_and_the_model_is_told(
    site: Site, model: OpenAIServer, opened: Open, finds: Callable[..., None]
) -> None:
    finds("weak")
    assert names(site.open(opened().path + "/stream").events)[-2:] == ["done", "close"]
    assert "may not cover" in model.calls[0].body["messages"][0]["content"]


def test_g2_nothing_found_asks_no_model(
    site: Site, model: OpenAIServer, opened: Open, finds: Callable[..., None]
) -> None:
    finds("none")
    assert names(site.open(opened().path + "/stream").events) == ["done", "close"]
    assert model.calls == []


def test_without_a_model_the_sources_are_quoted(site: Site, opened: Open) -> None:
    events = site.open(opened().path + "/stream").events
    assert "The port is 8000" in events[0][1]
    assert "Extracted from the sources, no language model configured" in events[-2][1]


@pytest.mark.parametrize("code", [429, 500])
def test_d2_a_model_that_refuses_fails_the_answer(
    site: Site, model: OpenAIServer, opened: Open, code: int
) -> None:
    model.fail(code, times=9)
    answer = opened()
    visit = site.open(answer.path + "/stream")
    assert visit.status == 200
    events = visit.events
    assert names(events) == ["failed", "close"]
    assert "Try again" in events[0][1]
    assert answer.state == "failed"
    assert opened().id != answer.id, "what failed is not used again"


@pytest.mark.parametrize("in_character", [False, True])
def test_d2_a_model_that_breaks_off_fails_the_answer_and_keeps_what_came(
    site: Site, model: OpenAIServer, opened: Open, in_character: bool
) -> None:
    model.script(["Half ", "an answer [1]"], cut_after=1, cut_in_character=in_character)
    answer = opened()
    events = site.open(answer.path + "/stream").events
    assert names(events) == ["answer", "failed", "close"]
    assert (answer.state, answer.text) == ("failed", "Half ")
    assert names(site.open(answer.path + "/stream").events) == ["answer", "failed", "close"]


def test_d2_a_model_that_stalls_is_given_up(
    site: Site, model: OpenAIServer, opened: Open, settings: Settings
) -> None:
    settings.ANSWER_STALL_MS = 200
    model.script(hold_after=1)
    events = site.open(opened().path + "/stream").events
    assert names(events)[-2:] == ["failed", "close"]
    assert "too long" in events[-2][1]


def test_a_model_that_does_not_stop_is_stopped(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    model.script(["word " * 1_000] * 30)
    answer = opened()
    assert names(site.open(answer.path + "/stream").events)[-2:] == ["failed", "close"]
    assert model.calls[0].disconnected.wait(1) or model.calls[0].finished.is_set()


def test_too_many_answers_at_once_are_refused_and_can_be_tried_again(
    site: Site, model: OpenAIServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = opened()
    with monkeypatch.context() as full:
        full.setattr(generation, "MAX_WRITING", 0)
        events = site.open(answer.path + "/stream").events
    assert names(events) == ["failed", "close"]
    assert "Try again in a few seconds" in events[0][1]
    assert names(site.open(answer.path + "/stream").events)[-2:] == ["done", "close"]


def test_silence_is_filled_so_that_proxies_keep_the_connection(
    site: Site, model: OpenAIServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "CHECK_EVERY", 0.05)
    model.script(hold_after=0)
    visit = site.open(opened().path + "/stream")
    visit.until("\n: ")
    model.release()
    assert names(visit.events)[-1] == "close"
