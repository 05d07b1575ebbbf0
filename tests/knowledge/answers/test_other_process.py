"""Several processes and one answer. Each event loop has its own writers, as a process has."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from django.contrib.auth.models import AnonymousUser

from kbsite import mongo
from kbsite.mongo import close_async_client
from knowledge.access import scope_for
from knowledge.answers import generation
from knowledge.answers.events import DoneEvent, ErrorEvent
from knowledge.answers.stream import WholeAnswer, read_whole
from knowledge.models import Workspace
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import Opened
from tests.knowledge.site import Site, wait_until

Open = Callable[..., Opened]


def read_elsewhere(
    answer: Opened, workspace: Workspace, when_followed: Callable[[], None] = lambda: None
) -> WholeAnswer:
    async def read() -> WholeAnswer:
        try:
            reading = asyncio.create_task(read_whole(answer.id, scope))
            await asyncio.sleep(0.1)
            await asyncio.to_thread(when_followed)
            return await reading
        finally:
            await close_async_client()

    scope = scope_for(AnonymousUser(), workspace)
    return asyncio.run(read())


def test_an_answer_is_followed_from_another_process(
    site: Site, model: OpenAIServer, opened: Open, workspace: Workspace
) -> None:
    model.script(["One ", "two."], hold_after=1)
    answer = opened()
    visit = site.open(answer.path + "/stream")
    visit.until("One")
    whole = read_elsewhere(answer, workspace, when_followed=model.release)
    assert whole.text == "One two."
    assert isinstance(whole.ending, DoneEvent)
    assert len(model.calls) == 1


def test_a_reader_who_comes_back_to_another_process_keeps_the_answer_going(
    site: Site, model: OpenAIServer, opened: Open, workspace: Workspace
) -> None:
    model.script(["One ", "two."], hold_after=1)
    answer = opened()
    visit = site.open(answer.path + "/stream")
    visit.until("One")

    def leave_for_longer_than_the_grace() -> None:
        visit.abort()
        assert not model.calls[0].disconnected.wait(1)
        model.release()

    whole = read_elsewhere(answer, workspace, leave_for_longer_than_the_grace)
    assert (whole.text, answer.state) == ("One two.", "done")


def test_the_stop_button_reaches_the_process_that_writes(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    async def stop_elsewhere() -> None:
        await generation.stop(ObjectId(answer.id))
        await close_async_client()

    model.script(["One ", "two."], hold_after=1)
    answer = opened()
    visit = site.open(answer.path + "/stream")
    visit.until("One")
    asyncio.run(stop_elsewhere())
    assert [name for name, _ in visit.events][-2:] == ["done", "close"]
    assert (answer.state, answer.text) == ("stopped", "One ")
    assert answer.stored["events"][-1]["stopped"] == "by_reader"


def test_an_answer_whose_process_died_fails_and_says_so(
    model: OpenAIServer, opened: Open, workspace: Workspace
) -> None:
    answer = opened()
    half = [{"event": "token", "text": "Half"}]
    died = {"state": "streaming", "owner": "gone", "events": half}
    past = datetime.now(UTC) - timedelta(seconds=1)
    mongo.answers().update_one({}, {"$set": {**died, "lease_until": past}})
    whole = read_elsewhere(answer, workspace)
    assert whole.text == "Half"
    assert isinstance(whole.ending, ErrorEvent)
    assert (answer.state, model.calls) == ("failed", [])
    assert opened().id != answer.id


def test_a_writer_that_lost_its_answer_stops_writing(
    site: Site, model: OpenAIServer, opened: Open
) -> None:
    model.script(["One ", "two."], hold_after=1)
    answer = opened()
    visit = site.open(answer.path + "/stream")
    visit.until("One")
    mongo.answers().update_one({}, {"$set": {"owner": "another"}})
    assert model.calls[0].disconnected.wait(2)
    wait_until(lambda: "close" in visit.until("close"))
    assert answer.stored["owner"] == "another"
