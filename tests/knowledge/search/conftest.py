"""A search engine of its own for each test, and articles that are found in it."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser

from kbsite.mongo import AWARE
from knowledge import providers
from knowledge.access import Scope, scope_for
from knowledge.indexing import index_article
from knowledge.leasing import lease_next
from knowledge.models import Article, Workspace
from knowledge.providers import Embedder
from knowledge.search import atlas_indexes, remembered, running
from knowledge.search.atlas import AtlasEngine
from knowledge.search.engine import Kind
from tests.fakes.embedder import WordEmbedder
from tests.fakes.search_node import SearchNode
from tests.knowledge.search import search_node


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What the models of one test say is not what those of the next would."""
    remembered.forget()


@pytest.fixture
def embedder() -> Embedder:
    """Tests whose subject is the model give another one."""
    return WordEmbedder()


@pytest.fixture
def kind() -> Kind:
    """Which engine; the contract is kept with each."""
    return "local"


@pytest.fixture
def searching(
    db: None, embedder: Embedder, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The engine of this process, empty at first, without a reranker; stopped afterwards."""
    monkeypatch.setattr(providers, "embedder", lambda: embedder)
    monkeypatch.setattr(providers, "reranker", lambda: None)
    running.start_engine(warm=False, kind=kind)
    if kind == "atlas":
        search_node.prepare(embedder.dimensions)
    yield
    running.stop_engine()


@pytest.fixture
def index(searching: None, embedder: Embedder, kind: Kind) -> Callable[[], None]:
    """Index all that is pending, and wait until it can be found."""

    def run() -> None:
        while leased := lease_next("test"):
            index_article(leased, embedder=embedder)
        if kind == "atlas":
            search_node.wait_until_current(embedder)
        else:
            assert running.wait_until_current()

    return run


@pytest.fixture
def publish(
    make_article: Callable[..., Article], index: Callable[[], None]
) -> Callable[..., Article]:
    """Make a published, public article and index it."""

    def make(title: str = "Ports", content: str = "The port is 8000.", **fields: object) -> Article:
        article = make_article(title, content, **fields)
        index()
        return article

    return make


@pytest.fixture
def scope(workspace: Workspace) -> Scope:
    """What anybody may read in the public workspace."""
    return scope_for(AnonymousUser(), workspace)


@pytest.fixture
def node() -> Iterator[SearchNode]:
    """A stand-in for MongoDB with search nodes, every index ready."""
    with SearchNode() as running_node:
        for one in atlas_indexes.search_indexes([WordEmbedder.dimensions]):
            kept = {"status": "READY", "queryable": True, "latestDefinition": one.definition}
            running_node.indexes[one.name] = {
                "name": one.name, "collection": one.collection, **kept,
            }  # fmt: skip
        yield running_node


@pytest.fixture
def atlas(node: SearchNode) -> AtlasEngine:
    """Asks that node."""
    database = node.client.get_database("kb", codec_options=AWARE)
    return AtlasEngine(database, recipe=WordEmbedder.recipe, dimensions=WordEmbedder.dimensions)
