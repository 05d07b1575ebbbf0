"""What every engine must do, whatever it is made of: orders and filters, never scores.

With ATLAS_TEST_URI, which `make test-atlas` sets, MongoDB's search nodes must do it, too.
"""

import os
from collections.abc import Callable

import pytest

from kbsite import mongo
from knowledge import providers
from knowledge.access import Scope
from knowledge.models import Article, Visibility, Workspace
from knowledge.search import legs, running
from knowledge.search.atlas_fusion import NativeFusion
from knowledge.search.engine import Engine, Filters, Kind
from knowledge.search.timing import Stopwatch

Publish = Callable[..., Article]


ATLAS = os.environ.get("ATLAS_TEST_URI", "")
without_atlas = pytest.mark.skipif(not ATLAS, reason="ATLAS_TEST_URI is not set")


@pytest.fixture(params=["local", *(["atlas"] if ATLAS else [])])
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def engine(searching: None) -> Engine:
    return running.engine()


def titles_by_words(engine: Engine, question: str, filters: Filters, limit: int = 30) -> list[str]:
    hits = engine.articles(question=question, filters=filters, limit=limit)
    found = {article.pk: article.title for article in Article.objects.all()}
    return [found[hit.article_id] for hit in hits]


def titles_by_meaning(
    engine: Engine, question: str, filters: Filters, limit: int = 30
) -> list[str]:
    vector = providers.embedder().embed_query(question)
    hits = engine.nearest(vector=vector, filters=filters, limit=limit)
    found = {article.pk: article.title for article in Article.objects.all()}
    return [found[hit.article_id] for hit in hits]


def test_other_forms_of_a_word_match(engine: Engine, publish: Publish, scope: Scope) -> None:
    publish("Storage", "Pages are cached for a minute.")
    publish("Colours", "The sky is blue.")
    assert titles_by_words(engine, "how does caching work?", Filters(scope)) == ["Storage"]


@pytest.mark.parametrize("typed", ["instalation", "installatoin", "nstallation", "installation"])
def test_one_wrong_letter_matches(
    engine: Engine, publish: Publish, scope: Scope, typed: str
) -> None:
    publish("Setup", "The installation takes a minute.")
    assert titles_by_words(engine, typed, Filters(scope)) == ["Setup"]


def test_two_wrong_letters_do_not_match(engine: Engine, publish: Publish, scope: Scope) -> None:
    publish("Setup", "The installation takes a minute.")
    assert titles_by_words(engine, "imstallatiom", Filters(scope)) == []


def test_the_exact_word_wins_over_a_similar_one(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    publish("One", "The casing is made of steel.")
    publish("Two", "The caring is made of steel.")
    assert titles_by_words(engine, "caring", Filters(scope))[0] == "Two"


def test_a_word_in_the_title_counts_for_more(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    publish("Notes", "Backups are made at night, and night is long.")
    publish("Backups", "They are made at night, and night is long.")
    assert titles_by_words(engine, "backups", Filters(scope)) == ["Backups", "Notes"]


def test_a_tag_that_the_question_names_counts(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    publish("Plain", "The router is here.")
    publish("Tagged", "The router is here.", tags=["App-Router"])
    assert titles_by_words(engine, "where is the app router?", Filters(scope))[0] == "Tagged"


def test_a_part_of_a_tag_does_not_count(engine: Engine, publish: Publish, scope: Scope) -> None:
    publish("Tagged", "Nothing of the kind.", tags=["app router"])
    assert titles_by_words(engine, "router", Filters(scope)) == []


def test_the_summary_is_searched(engine: Engine, publish: Publish, scope: Scope) -> None:
    publish("Terse", "See below.", summary="All about elephants")
    assert titles_by_words(engine, "elephant", Filters(scope)) == ["Terse"]


def test_filters_come_before_the_limit(engine: Engine, publish: Publish, scope: Scope) -> None:
    for number in range(12):
        publish(f"Port {number}", "port port port port")
    publish("Rare", "A port, among many other things that ships need.", tags=["sea"])
    narrow = Filters(scope, tags=frozenset({"sea"}))
    assert titles_by_words(engine, "port", narrow, limit=3) == ["Rare"]
    assert titles_by_meaning(engine, "port", narrow, limit=3) == ["Rare"]
    vector = providers.embedder().embed_query("port")
    assert len(engine.nearest(vector=vector, filters=Filters(scope), limit=3)) == 3


def test_every_tag_and_the_category_must_fit(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    publish("Both", "port", tags=["sea", "air"], category="travel")
    publish("One", "port", tags=["sea"], category="travel")
    publish("Elsewhere", "port", tags=["sea", "air"], category="wine")
    narrow = Filters(scope, tags=frozenset({"sea", "air"}), category="travel")
    assert titles_by_words(engine, "port", narrow) == ["Both"]
    assert titles_by_meaning(engine, "port", narrow) == ["Both"]


def test_only_granted_visibilities_are_found(
    engine: Engine, publish: Publish, workspace: Workspace, scope: Scope
) -> None:
    publish("Open", "port")
    publish("Closed", "port", visibility=Visibility.PRIVATE)
    assert titles_by_words(engine, "port", Filters(scope)) == ["Open"]
    assert titles_by_meaning(engine, "port", Filters(scope)) == ["Open"]
    private = Filters(Scope(frozenset({(str(workspace.pk), "private")})))
    assert titles_by_words(engine, "port", private) == ["Closed"]
    assert titles_by_meaning(engine, "port", private) == ["Closed"]


def test_t1_the_same_words_elsewhere_are_not_found(
    engine: Engine, publish: Publish, make_workspace: Callable[..., Workspace], scope: Scope
) -> None:
    publish("Here", "port")
    elsewhere = make_workspace("elsewhere", visibility=Visibility.PUBLIC)
    publish("Elsewhere", "port", workspace=elsewhere)
    assert titles_by_words(engine, "port", Filters(scope)) == ["Here"]
    assert titles_by_meaning(engine, "port", Filters(scope)) == ["Here"]
    assert titles_by_words(engine, "port", Filters(Scope())) == []
    assert titles_by_meaning(engine, "port", Filters(Scope())) == []


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Where are the backups of the cached pages?", ""),
        ("Which elephant travels by Sea?", "elephant"),
        ("Kubernetes and kubernetas", "kubernetas"),
        ("Sign in by Okta", "sign"),
    ],
)
def test_words_that_no_article_has_in_any_form_are_unwritten(
    engine: Engine, publish: Publish, scope: Scope, question: str, missing: str
) -> None:
    text = "A page is in the cache. We travel."
    publish("Backup of Kubernetes", text, summary="By the sea", tags=["Okta"])
    assert engine.unwritten(question=question, filters=Filters(scope)) == set(missing.split())


def test_t4_what_the_scope_hides_or_a_filter_leaves_out_is_unwritten(
    engine: Engine, publish: Publish, make_workspace: Callable[..., Workspace], scope: Scope
) -> None:
    publish("Open", "A port.", tags=["sea"])
    publish("Other", "A harbour.")
    publish("Closed", "Elephants.", visibility=Visibility.PRIVATE)
    elsewhere = make_workspace("elsewhere", visibility=Visibility.PUBLIC)
    publish("Elsewhere", "Giraffes.", workspace=elsewhere)
    asked, narrow = "port, harbour, elephant, giraffe", Filters(scope, frozenset({"sea"}))
    missing = engine.unwritten(question=asked, filters=Filters(scope))
    assert missing == {"elephant", "giraffe"}
    assert engine.unwritten(question=asked, filters=narrow) == missing | {"harbour"}
    everything = {"port", "harbour", "elephant", "giraffe"}
    assert engine.unwritten(question=asked, filters=Filters(Scope())) == everything


def titles_by_fusion(question: str, scope: Scope) -> list[str]:
    found = legs.search(question, Filters(scope), Stopwatch())
    assert found.degraded == ()
    titles = {article.pk: article.title for article in Article.objects.all()}
    return [titles[hit.article_id] for hit in found.fused]


@pytest.fixture
def four(publish: Publish) -> None:
    publish("Cables", "A plug has a colour, and the port is far away.")
    publish("Ports", "A server listens on one of them.")
    publish("Servers", "A server listens on a port.")
    publish("Ships", "Elephants travel by sea.")


def test_what_both_legs_find_comes_first_and_a_title_lifts_its_passages(
    engine: Engine, four: None, scope: Scope
) -> None:
    best = titles_by_fusion("a server listens on a port", scope)
    assert best[0] == "Servers"
    assert best.index("Ports") < best.index("Cables")


@without_atlas
def test_the_servers_own_fusion_is_not_used_unless_it_gives_this_order(
    engine: Engine, four: None, kind: Kind, scope: Scope
) -> None:
    """It fails when the order is the same: then `legs.search` may leave fusing to the server."""
    fusion = NativeFusion(mongo.database(), recipe=engine.recipe)
    if kind == "local" or not fusion.available:
        pytest.skip("the server has no fusion of its own")
    question = "ports"
    vector = providers.embedder().embed_query(question)
    hits = fusion.fused(question=question, vector=vector, filters=Filters(scope), each=50, limit=20)
    titles = {article.pk: article.title for article in Article.objects.all()}
    assert [titles[hit.article_id] for hit in hits] != titles_by_fusion(question, scope)


def test_the_nearest_chunk_is_first(engine: Engine, publish: Publish, scope: Scope) -> None:
    publish("Far", "Elephants drink water in the evening.")
    publish("Near", "A server listens on port 8000.")
    question = "which port does a server listen on"
    assert titles_by_meaning(engine, question, Filters(scope))[0] == "Near"


def test_passages_are_ranked_inside_an_article(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    article = publish("Guide", "# First\n\nElephants.\n\n# Second\n\nThe code is E1234.\n")
    [hit] = engine.passages(question="what is e1234?", filters=Filters(scope), limit=5)
    assert (hit.article_id, hit.rank) == (article.pk, 1)


@pytest.mark.parametrize(
    "question",
    [
        "", "   ", "?", "+-&|!(){}[]^\"~*?:\\/", "title:port", "port AND NOT (", "*", "port~9",
        "../../etc", "{\"$ne\": 1}", "the of and", "\u0000", "漢字 ポート", "🦊", "a" * 100_000,
        "word " * 20_000,
    ],
)  # fmt: skip
def test_c1_no_question_breaks_a_leg(
    engine: Engine, publish: Publish, scope: Scope, question: str
) -> None:
    publish()
    engine.articles(question=question, filters=Filters(scope), limit=5)
    engine.passages(question=question, filters=Filters(scope), limit=5)


def related_titles(engine: Engine, article: Article, scope: Scope, limit: int = 5) -> list[str]:
    engine.prepare(filters=Filters(scope))
    hits = engine.related(article_id=article.pk, filters=Filters(scope), limit=limit)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    found = {one.pk: one.title for one in Article.objects.all()}
    return [found[hit.article_id] for hit in hits]


def test_articles_about_the_same_are_related_the_nearest_first_and_not_to_themselves(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    article = publish("Ports", "The web server listens on a port of the machine.")
    publish("Ports again", "The web server listens on this port of the machine.")
    publish("Ports too", "The web server listens on a port of the machine, mostly at night.")
    publish("Colours", "Blue, green, red: paint whatever wall looks dull.")
    assert related_titles(engine, article, scope) == ["Ports again", "Ports too"]
    assert related_titles(engine, article, scope, limit=1) == ["Ports again"]


def test_an_article_that_is_not_indexed_is_related_to_none(
    engine: Engine, publish: Publish, make_article: Publish, scope: Scope
) -> None:
    publish("Ports")
    assert related_titles(engine, make_article("New", "The port is 8000."), scope) == []


def test_t4_what_the_scope_hides_takes_no_place_among_the_related(
    engine: Engine, publish: Publish, scope: Scope
) -> None:
    article = publish("Ports", "The web server listens on a port of the machine.")
    seen = publish("Seen", "The web server listens on a port of the machine, mostly at night.")
    for number in range(3):
        hidden = {"title": f"Hidden {number}", "visibility": Visibility.PRIVATE}
        publish(content="The web server listens on a port of the machine.", **hidden)
    engine.prepare(filters=Filters(scope))
    hits = engine.related(article_id=article.pk, filters=Filters(scope), limit=1)
    assert [hit.article_id for hit in hits] == [seen.pk]
    assert engine.related(article_id=article.pk, filters=Filters(Scope()), limit=5) == []
