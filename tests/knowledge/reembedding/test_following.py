"""A web process follows the switch: the old engine serves until the new one can."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser

from kbsite import mongo
from knowledge import recipes
from knowledge.access import Scope, scope_for
from knowledge.editing import edit_article
from knowledge.models import Article, Visibility, Workspace
from knowledge.providers import Embedder
from knowledge.search import following, legs, remembered, running
from knowledge.search.retrieve import retrieve
from tests.knowledge.reembedding.conftest import NEW, OLD, work

Reembed = Callable[..., str]
QUESTION = "Room 1 is blue"


@pytest.fixture(autouse=True)
def searching(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(following, "_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(following, "_LOOK_SECONDS", 0.02)
    remembered.forget()
    yield
    running.stop_engine()


@pytest.fixture
def scope(workspace: Workspace) -> Scope:
    return scope_for(AnonymousUser(), workspace)


def wait_for(recipe: str, scope: Scope) -> None:
    """Search on and on until the engine of the recipe serves; every search must find."""
    deadline = time.monotonic() + 60
    while running.engine().recipe != recipe:
        found = retrieve(question=QUESTION, scope=scope)
        assert found.passages
        assert not found.degraded
        assert time.monotonic() < deadline


def test_every_search_finds_while_the_switch_is_followed_there_and_back(
    articles: list[Article], scope: Scope, reembed: Reembed
) -> None:
    assert retrieve(question=QUESTION, scope=scope).passages
    for recipe, options in ((NEW, {}), (OLD, {"rollback": True})):
        reembed(**options)
        wait_for(recipe, scope)
        assert retrieve(question=QUESTION, scope=scope).passages[0].title == "Room 1"


def test_searches_use_the_old_vectors_during_the_run(
    articles: list[Article], scope: Scope, new: Embedder, reembed: Reembed
) -> None:
    seen: list[str] = []

    def search() -> None:
        assert retrieve(question=QUESTION, scope=scope).passages
        seen.append(running.engine().recipe)

    new.before_batch = search  # type: ignore[attr-defined]
    reembed()
    assert set(seen) == {OLD}


def test_what_is_saved_before_a_process_has_followed_is_found_there_by_its_words(
    articles: list[Article],
    scope: Scope,
    reembed: Reembed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert retrieve(question=QUESTION, scope=scope).passages
    monkeypatch.setattr(following.Follower, "_follow", lambda self: None)
    reembed()
    edit_article(articles[0], seen=1, author=None, content="A giraffe lives here.")
    work()
    assert running.wait_until_current()
    found = retrieve(question="Where does the giraffe live?", scope=scope)
    assert running.engine().recipe == OLD
    assert "giraffe" in found.passages[0].text


def test_t1_two_recipes_widen_nothing(
    articles: list[Article],
    make_article: Callable[..., Article],
    make_workspace: Callable[..., Workspace],
    scope: Scope,
    reembed: Reembed,
) -> None:
    other = make_workspace("other", visibility=Visibility.PUBLIC)
    make_article("Theirs", "Room 1 is blue and theirs.", workspace=other)
    hidden = make_article("Hidden", "Room 1 is blue and hidden.", visibility=Visibility.PRIVATE)
    work()
    reembed()
    wait_for(NEW, scope)
    found = retrieve(question=QUESTION, scope=scope).passages
    assert {one.workspace_id for one in found} == {str(articles[0].workspace_id)}
    assert hidden.pk not in {one.article_id for one in found}
    assert len({one.text for one in found}) == len(found)


def test_without_the_models_key_it_is_searched_by_words_and_says_so(
    articles: list[Article], scope: Scope, models: dict[str, Embedder]
) -> None:
    del models[OLD]
    found = retrieve(question=QUESTION, scope=scope)
    assert legs.KEYWORD_ONLY in found.degraded
    assert found.passages


def test_a_site_of_an_older_version_is_searched_as_before(
    articles: list[Article], scope: Scope
) -> None:
    mongo.site_settings().delete_one({"_id": recipes.ID})
    assert recipes.read().active == OLD
    assert retrieve(question=QUESTION, scope=scope).degraded == ()


def test_an_empty_site_is_searched_by_the_configured_model(workspace: Workspace) -> None:
    assert recipes.read().active == NEW
