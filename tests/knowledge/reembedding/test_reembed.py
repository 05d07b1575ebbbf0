"""From one embedding model to another: nothing twice, nothing missing, one run, and a way back."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection
from pymongo.errors import PyMongoError

from kbsite import mongo
from knowledge import recipes
from knowledge.editing import edit_article, purge_article
from knowledge.indexing import BadEmbedding, index_article
from knowledge.leasing import lease_next
from knowledge.models import Article, Visibility
from knowledge.providers import Embedder, ProviderError
from knowledge.reembedding import copying, pacing, switching
from knowledge.reembedding.copying import copy_missing
from knowledge.reembedding.lease import Lease, Lost, begin, cancel
from knowledge.reembedding.pacing import Pace, Rate
from knowledge.reembedding.switching import switch
from knowledge.search import preparing
from tests.fakes.embedder import WordEmbedder
from tests.knowledge.reembedding.conftest import NEW, OLD, held, work

Reembed = Callable[..., str]
KILL_POINTS = [
    "knowledge.reembedding.copying.embed",
    "knowledge.reembedding.copying._store",
    "knowledge.reembedding.copying._copied",
    "pymongo.synchronous.client_session.ClientSession.commit_transaction",
]
KILLED_RUN = """
import os, signal, sys
from unittest import mock
import django
django.setup()
from django.db import connections
connections["default"].settings_dict.update(HOST=sys.argv[1], NAME=sys.argv[2])
from django.conf import settings
settings.EMBED_BATCH = 1
from knowledge.reembedding.copying import copy_missing
from knowledge.reembedding.lease import begin
from knowledge.reembedding.pacing import Pace, Rate
from tests.knowledge.reembedding.conftest import WiderEmbedder
steps = copy_missing(WiderEmbedder(), lease=begin("words@2"), pace=Pace(Rate()))
next(steps), next(steps)
for point in sys.argv[3:]:
    mock.patch(point, side_effect=lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)).start()
next(steps)
"""


def save(article: Article, **changes: Any) -> None:
    article.refresh_from_db()
    edit_article(article, seen=article.version, author=None, **changes)


def copy_all(embedder: WordEmbedder, lease: Any) -> None:
    for _ in copy_missing(embedder, lease=lease, pace=Pace(Rate())):
        pass


def test_the_new_vectors_lie_beside_the_old_and_are_searched_after_the_switch(
    articles: list[Article], new: WordEmbedder, reembed: Reembed
) -> None:
    said = reembed()
    assert {one[:2] for one in held(OLD)} == {one[:2] for one in held(NEW)}
    assert held(OLD) == held(NEW)
    assert recipes.read().active == NEW
    assert recipes.read().previous == OLD
    assert len(new.embedded) == len(held(NEW))
    chunks = mongo.chunks().find()
    lengths = {one["recipe"]: len(mongo.unpack_vector(one["embedding"])) for one in chunks}
    assert lengths == {OLD: 64, NEW: 96}
    assert "6 passages to write, 6 different texts to embed" in said


def test_equal_texts_are_embedded_once(
    make_article: Callable[..., Article], old: WordEmbedder, new: WordEmbedder, reembed: Reembed
) -> None:
    for _ in range(2):
        make_article("Same", "The same text.")
    work_with_old(old)
    assert "2 passages to write, 1 different text to embed" in reembed()
    assert len(new.embedded) == 1


def work_with_old(old: WordEmbedder) -> None:
    while leased := lease_next("test"):
        index_article(leased, embedder=old)


def test_a_run_needs_a_yes(articles: list[Article], reembed: Reembed) -> None:
    with pytest.raises(CommandError, match="--yes"):
        reembed(yes=False)
    assert (recipes.read().active, recipes.read().next) == (OLD, "")


def test_what_is_saved_during_the_run_is_there_after_the_switch(
    articles: list[Article], new: WordEmbedder, reembed: Reembed
) -> None:
    changed = iter([articles[0]])

    def interfere() -> None:
        for article in changed:
            save(article, content="# A\n\nRoom 0 is green.")
            work()

    new.before_batch = interfere
    reembed()
    assert held(NEW) == held(OLD)
    assert (articles[0].pk, 2, 0) in held(NEW)
    assert not list(recipes.incomplete(NEW))


def test_the_switch_refuses_to_leave_an_article_behind(
    articles: list[Article], new: WordEmbedder
) -> None:
    lease = begin(NEW)
    copy_all(new, lease)
    save(articles[0], content="New.")
    work()
    assert not switch(lease)
    assert recipes.read().active == OLD
    copy_all(new, lease)
    assert switch(lease)
    assert recipes.read().active == NEW


def test_a_swap_that_the_switch_overtakes_is_done_again_for_the_new_recipe(
    articles: list[Article], old: WordEmbedder, new: WordEmbedder
) -> None:
    lease = begin(NEW)
    copy_all(new, lease)
    save(articles[0], content="New.")
    old.before_batch = lambda: bool(switch(lease))
    work()
    assert recipes.read().active == NEW
    assert (articles[0].pk, 2, 0) in held(NEW)
    assert (articles[0].pk, 2, 0) not in held(OLD)
    assert not list(recipes.incomplete(NEW))


def test_a_swap_in_the_middle_of_the_switch_is_either_before_or_after_it(
    articles: list[Article], old: WordEmbedder, new: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = begin(NEW)
    copy_all(new, lease)
    save(articles[0], content="New.")
    worker = threading.Thread(target=work)
    look = recipes.incomplete

    def look_slowly(recipe: str, **how: Any) -> Any:
        if not worker.ident:
            worker.start()
            worker.join(1)  # it embeds meanwhile, and cannot commit
        return look(recipe, **how)

    monkeypatch.setattr(recipes, "incomplete", look_slowly)
    assert switch(lease)
    worker.join(30)
    monkeypatch.undo()
    assert (articles[0].pk, 2, 0) in held(recipes.read().active)
    assert recipes.read().active == NEW


@pytest.mark.parametrize("point", KILL_POINTS)
def test_f4_a_run_killed_at_any_step_goes_on_where_it_was(
    point: str, articles: list[Article], new: WordEmbedder, reembed: Reembed, mongodb_uri: str
) -> None:
    database = connection.settings_dict["NAME"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_RUN, mongodb_uri, database, point],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "kbsite.settings"},
        cwd=Path(__file__).parents[3],
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(held(NEW)) == 2
    assert recipes.read().active == OLD
    let_the_lease_run_out()
    reembed()
    assert len(new.embedded) == 4
    assert held(NEW) == held(OLD)
    assert recipes.read().active == NEW


def let_the_lease_run_out() -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    mongo.site_settings().update_one({"_id": recipes.ID}, {"$set": {"lease_until": past}})


def test_a_second_run_is_refused_until_the_first_is_gone(
    articles: list[Article], reembed: Reembed
) -> None:
    begin(NEW)
    with pytest.raises(CommandError, match="Another run"):
        reembed()
    let_the_lease_run_out()
    reembed()


def test_a_cancelled_run_ends_and_what_it_embedded_is_kept(
    articles: list[Article], new: WordEmbedder, settings: Any, reembed: Reembed
) -> None:
    settings.EMBED_BATCH, settings.LEASE_SECONDS = 1, 0
    steps = copy_missing(new, lease=begin(NEW), pace=Pace(Rate()))
    next(steps)
    cancel()
    with pytest.raises(Lost):
        list(steps)
    assert (recipes.read().next, len(held(NEW))) == ("", 1)
    settings.LEASE_SECONDS = 30
    reembed()
    assert len(new.embedded) == 6


def test_going_back_embeds_only_what_changed_since(
    articles: list[Article], old: WordEmbedder, reembed: Reembed
) -> None:
    reembed()
    save(articles[0], content="# A\n\nRoom 0 is blue.\n\n# B\n\nRoom 0 is green.")
    work()
    old.embedded.clear()
    reembed(rollback=True)
    assert recipes.read().active == OLD
    assert [text.split()[-2:] for text in old.embedded] == [["is", "green."]]
    assert held(OLD) == held(NEW)


def test_dropping_is_refused_at_first_and_then_deletes_the_old(
    articles: list[Article], reembed: Reembed, monkeypatch: pytest.MonkeyPatch
) -> None:
    reembed()
    with pytest.raises(CommandError, match="in a minute"):
        reembed(drop=True)
    monkeypatch.setattr(switching, "FOLLOWED_AFTER", timedelta(0))
    monkeypatch.setattr(switching, "DROP_STEP", 4)
    assert "6 passages of old models deleted" in reembed(drop=True)
    assert mongo.chunks().distinct("recipe") == [NEW]
    with pytest.raises(CommandError, match="nothing to go back to"):
        reembed(rollback=True)


def test_dropping_spares_a_recipe_that_is_switched_to_meanwhile(
    articles: list[Article], new: WordEmbedder, reembed: Reembed, monkeypatch: pytest.MonkeyPatch
) -> None:
    reembed()
    monkeypatch.setattr(switching, "FOLLOWED_AFTER", timedelta(0))
    monkeypatch.setattr(switching, "DROP_STEP", 1)
    steps = switching.drop()
    next(steps)
    mongo.site_settings().update_one({"_id": recipes.ID}, {"$set": {"active": OLD}})
    list(steps)
    assert len(held(OLD)) == 5


def test_dropping_waits_for_a_run(articles: list[Article], reembed: Reembed) -> None:
    begin(NEW)
    with pytest.raises(CommandError, match="A run embeds"):
        reembed(drop=True)


@pytest.mark.parametrize("error", [BadEmbedding("expected 1 vector"), PyMongoError("gone")])
def test_a_failed_run_says_that_what_was_embedded_is_kept(
    articles: list[Article],
    new: WordEmbedder,
    reembed: Reembed,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: object) -> None:
        raise error

    def release(_: object) -> None:
        raise PyMongoError

    new.before_batch = fail
    monkeypatch.setattr(Lease, "release", release)
    with pytest.raises(CommandError, match="is kept"):
        reembed()


def test_a_switch_that_stays_refused_ends_the_run(
    articles: list[Article], reembed: Reembed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.management.commands.reembed.switch", lambda lease: False)
    with pytest.raises(CommandError, match="Save these articles again"):
        reembed()


def test_an_index_is_wanted_for_vectors_that_are_stored_though_their_key_is_missing(
    articles: list[Article], models: dict[str, Embedder]
) -> None:
    del models[OLD]
    assert preparing._lengths() == {64, 96}


def test_an_edit_a_trashing_and_a_purge_reach_every_recipe(
    articles: list[Article], new: WordEmbedder, reembed: Reembed
) -> None:
    reembed()
    save(articles[0], visibility=Visibility.PRIVATE, tags=["net"])
    assert mongo.chunks().count_documents({"tags": "net", "visibility": "private"}) == 4
    purge_article(articles[1])
    assert mongo.chunks().count_documents({"article_id": articles[1].pk}) == 0


@pytest.mark.parametrize(
    "change", [purge_article, partial(save, visibility=Visibility.PRIVATE)], ids=["purge", "hide"]
)
def test_t1_a_copy_that_meets_a_change_of_its_article_does_not_outlive_it(
    change: Callable[[Article], None],
    articles: list[Article],
    new: WordEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lease, copied = begin(NEW), copying._copied
    threads: list[threading.Thread] = []

    def meet(original: Any, *rest: Any) -> Any:
        if not threads:
            [article] = [one for one in articles if one.pk == original["article_id"]]
            threads.append(threading.Thread(target=change, args=[article]))
            threads[0].start()
            threads[0].join(0.5)  # it waits for this transaction, or makes it begin again
        return copied(original, *rest)

    monkeypatch.setattr(copying, "_copied", meet)
    copy_all(new, lease)
    threads[0].join(30)
    assert shown_by(OLD) == shown_by(NEW)


def shown_by(recipe: str) -> set[tuple[Any, str]]:
    found = mongo.chunks().find({"recipe": recipe})
    return {(one["article_id"], one["visibility"]) for one in found}


def test_a_changed_setting_changes_nothing_that_is_searched(
    articles: list[Article], old: WordEmbedder, new: WordEmbedder
) -> None:
    old.embedded.clear()
    save(articles[0], content="New.")
    work()
    assert (len(old.embedded), len(new.embedded)) == (1, 0)
    assert (articles[0].pk, 2, 0) in held(OLD)


def test_without_the_searched_model_saves_are_kept_in_the_configured_one_and_none_is_lost(
    articles: list[Article], models: dict[str, Embedder], reembed: Reembed
) -> None:
    del models[OLD]
    save(articles[0], content="New.")
    work()
    assert held(NEW) == {(articles[0].pk, 2, 0)}
    reembed()
    assert not list(recipes.incomplete(NEW))
    assert len(held(NEW)) == 5


def test_a_busy_service_is_asked_again_as_late_as_it_wants(
    articles: list[Article], new: WordEmbedder
) -> None:
    failures = [ProviderError("Busy.", "busy", pause=7), ProviderError("Busy.", "busy")]
    rests: list[float] = []
    said: list[str] = []

    def fail() -> None:
        if failures:
            raise failures.pop(0)

    new.before_batch = fail
    pace = Pace(Rate(texts_per_second=1), rest=rests.append, say=said.append)
    list(copy_missing(new, lease=begin(NEW), pace=pace))
    assert rests[:3] == [0, 7, pytest.approx(2, rel=0.3)]
    assert rests[3] == pytest.approx(2, abs=0.5)  # two texts at one a second
    assert said[0] == "Busy. Trying again in 7 s."
    assert len(held(NEW)) == 6


def test_a_service_that_stays_away_ends_the_run_and_loses_nothing(
    articles: list[Article], new: WordEmbedder, reembed: Reembed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ProviderError("The service is down.", "model_unavailable")

    monkeypatch.setattr(pacing, "ATTEMPTS", 1)
    new.before_batch = fail
    with pytest.raises(CommandError, match="What was embedded is kept"):
        reembed()
    assert (recipes.read().next, recipes.read().is_held) == (NEW, False)


def test_the_state_is_told(articles: list[Article], reembed: Reembed) -> None:
    assert "run `manage.py reembed`" in reembed(status=True)
    begin(NEW)
    assert "words@2: 6 passages to go, running" in reembed(status=True)


def test_asking_what_is_missing_reads_no_text_and_no_vector(
    articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def note(collection: Any, pipeline: Any, **_: Any) -> list[Any]:
        asked.append(pipeline)
        return []

    with monkeypatch.context() as noting:
        noting.setattr("pymongo.collection.Collection.aggregate", note)
        list(recipes.incomplete(NEW))
    command = {"aggregate": "chunks", "pipeline": asked[0][:2], "cursor": {}}
    told = mongo.database().command("explain", command, verbosity="executionStats")
    stats = told.get("stages", [{"$cursor": told}])[0]["$cursor"]["executionStats"]
    assert (stats["totalKeysExamined"], stats["totalDocsExamined"]) == (6, 0)
