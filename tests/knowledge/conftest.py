"""A site on a real socket, a scripted chat model, and an answer that is ready to be followed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from bson import ObjectId
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from kbsite import mongo
from knowledge import providers
from knowledge.access import Person, scope_for
from knowledge.answers import opening
from knowledge.answers.opening import open_answer
from knowledge.answers.readers import asker_of
from knowledge.guests import remember_guest
from knowledge.models import Article, Workspace
from knowledge.search.retrieve import Passage, Retrieval
from tests.fakes.openai_server import OpenAIServer, openai_server
from tests.knowledge.site import Site

__all__ = ["openai_server"]

GUEST = "guest-of-these-tests"
TEXTS = {"Ports": "The port is 8000.", "Hosts": "Any <b>host</b> will do."}


@dataclass
class Opened:
    """A stored answer: where its stream is, and what the database holds of it by now."""

    id: str
    slug: str
    retrieval: Retrieval

    @property
    def path(self) -> str:
        return f"/w/{self.slug}/answers/{self.id}"

    @property
    def stored(self) -> dict[str, Any]:
        answer = mongo.answers().find_one({"_id": ObjectId(self.id)})
        assert answer is not None
        return dict(answer)

    @property
    def state(self) -> str:
        return str(self.stored["state"])

    @property
    def text(self) -> str:
        return "".join(e["text"] for e in self.stored["events"] if e["event"] == "token")


@pytest.fixture
def model(openai_server: OpenAIServer, settings: Settings) -> Iterator[OpenAIServer]:
    """The chat model that the site is configured with; it counts its calls."""
    settings.OPENAI_BASE_URL = openai_server.base_url
    providers.chat_answerer.cache_clear()
    yield openai_server
    providers.chat_answerer.cache_clear()


@pytest.fixture
def site(db: None) -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def articles(make_article: Callable[..., Article]) -> list[Article]:
    """Articles that count as indexed an hour ago, without their chunks."""
    made = [make_article(title, text) for title, text in TEXTS.items()]
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    Article.objects.update(indexed_revision=1, indexed_at=hour_ago, updated_at=hour_ago)
    return made


@pytest.fixture
def finds(articles: list[Article], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Decide what every question finds: where searching is not the subject, it is left out."""

    def find(confidence: str = "strong", passages: list[Passage] | None = None) -> None:
        found = tuple(passages if passages is not None else map(passage, range(1, 3), articles))
        result = retrieval(confidence, found if confidence != "none" else ())
        monkeypatch.setattr(opening, "retrieve", lambda **_: result)

    find()
    return find


@pytest.fixture
def opened(finds: Callable[..., None], workspace: Workspace) -> Callable[..., Opened]:
    """Open an answer as somebody, the visitor whose browser is GUEST unless said otherwise."""

    def open_(
        question: str = "Which port?", *, asker: Person | None = None, guest: str = GUEST
    ) -> Opened:
        person = asker or AnonymousUser()
        answer = open_answer(
            question=question,
            scope=scope_for(person, workspace),
            workspace=workspace,
            asker=asker_of(person, guest),
        )
        return Opened(answer.id, workspace.slug, answer.retrieval)

    return open_


def guest_cookies(guest: str = GUEST) -> SimpleCookie:
    """What the browser of a guest with this key sends."""
    response = HttpResponse()
    remember_guest(response, guest)
    return response.cookies


def browser_of(guest: str) -> Client:
    client = Client()
    client.cookies = guest_cookies(guest)
    return client


def stop(answer: Opened, client: Client | None = None) -> int:
    """Press the button as the asking guest, or in another browser; the response's status."""
    return (client or browser_of(GUEST)).post(answer.path + "/stop").status_code


def passage(n: int, article: Article, *, text: str = "") -> Passage:
    return Passage(
        n=n,
        chunk_id=ObjectId(),
        article_id=article.pk,
        workspace_id=str(article.workspace_id),
        title=article.title,
        breadcrumb=(article.title,),
        url=article.get_absolute_url(),
        anchor="",
        text=text or article.content,
        start=0,
        end=len(text or article.content),
        relevance=0.9,
        revision=1,
        indexed_at=datetime.now(UTC),
        tags=(),
        category="",
    )


def retrieval(confidence: str, passages: tuple[Passage, ...]) -> Retrieval:
    return Retrieval(
        passages=passages,
        confidence=confidence,  # type: ignore[arg-type]
        confidence_source="test",
        timings_ms={"total": 1.0},
        degraded=(),
    )
