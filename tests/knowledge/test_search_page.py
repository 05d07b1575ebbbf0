"""The search page as HTML: what each outcome of a search says, and to whom it is streamed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from accounts.models import User
from kbsite import mongo
from knowledge.answers import opening
from knowledge.guests import COOKIE
from knowledge.models import Article, Workspace
from knowledge.providers import ProviderError
from knowledge.search.ranking import RERANK_SKIPPED
from knowledge.search.retrieve import Retrieval
from tests.fakes.openai_server import OpenAIServer
from tests.knowledge.conftest import passage, retrieval

BROWSER = {"accept": "text/html,*/*"}
HTMX = {"accept": "*/*", "hx-request": "true"}
ASKED = "/w/team/?q=Which+port%3F"


def text(client: Client, path: str = ASKED, headers: dict[str, str] = BROWSER) -> str:
    return client.get(path, headers=headers).content.decode()


def test_a_browser_gets_the_sources_and_the_address_of_the_stream(
    client: Client, finds: Callable[..., None]
) -> None:
    page = text(client)
    assert 'id="source-1"' in page
    assert "<mark>port</mark>" in page
    assert 'sse-connect="/w/team/answers/' in page
    assert "whole=1" in page.partition("<noscript>")[2].partition("</noscript>")[0]


def test_htmx_gets_the_results_only(client: Client, finds: Callable[..., None]) -> None:
    page = text(client, headers=HTMX)
    assert "<html" not in page
    assert 'id="source-1"' in page
    assert "sse-connect" in page


def test_a_guest_who_asks_is_known_again_by_a_cookie_that_scripts_cannot_read(
    client: Client, finds: Callable[..., None]
) -> None:
    assert COOKIE not in client.get("/w/team/", headers=BROWSER).cookies
    cookie = client.get(ASKED, headers=BROWSER).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")
    text(client)
    assert mongo.answers().count_documents({}) == 1, "a reload takes up what is not yet written"


def test_who_is_signed_in_gets_no_guests_cookie(
    client: Client, finds: Callable[..., None], make_user: Callable[..., User]
) -> None:
    client.force_login(make_user())
    assert COOKIE not in client.get(ASKED, headers=BROWSER).cookies


def test_the_page_is_never_kept_by_a_cache(client: Client, finds: Callable[..., None]) -> None:
    response = client.get(ASKED, headers=BROWSER)
    assert "no-store" in response["Cache-Control"]
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize(("query", "headers"), [("&whole=1", BROWSER), ("", {"accept": "*/*"})])
def test_who_runs_no_scripts_gets_the_whole_answer(
    client: Client,
    finds: Callable[..., None],
    model: OpenAIServer,
    query: str,
    headers: dict[str, str],
) -> None:
    page = text(client, ASKED + query, headers)
    assert "The port is 8000\u202f<a " in page
    assert "sse-connect" not in page
    assert len(model.calls) == 1


def test_without_a_model_the_page_says_that_it_extracted(
    client: Client, finds: Callable[..., None]
) -> None:
    page = text(client, ASKED + "&whole=1")
    assert "Extracted from the sources, no language model configured." in page


def test_a_failing_model_is_said_in_words_beside_the_sources(
    client: Client, finds: Callable[..., None], model: OpenAIServer
) -> None:
    model.fail(500, times=9)
    page = text(client, ASKED + "&whole=1")
    assert "The answer could not be finished." in page
    assert "Try again" in page
    assert 'id="source-1"' in page


def test_g1_a_weak_search_says_so_and_shows_the_closest_passages(
    client: Client, finds: Callable[..., None]
) -> None:
    finds("weak")
    page = text(client)
    assert "The knowledge base may not cover this." in page
    assert "Closest passages" in page


def test_g2_an_unanswerable_question_gets_no_sources_no_stream_and_no_model_call(
    client: Client, finds: Callable[..., None], model: OpenAIServer
) -> None:
    finds("none")
    for path in (ASKED, ASKED + "&whole=1"):
        page = text(client, path)
        assert "This knowledge base does not know." in page
        assert "sse-connect" not in page
        assert "data-source" not in page
    assert model.calls == []


@pytest.mark.parametrize("confidence", ["strong", "weak", "none"])
def test_words_that_no_article_has_are_named(
    client: Client, articles: list[Article], monkeypatch: pytest.MonkeyPatch, confidence: str
) -> None:
    passages = () if confidence == "none" else (passage(1, articles[0]),)
    found = replace(retrieval(confidence, passages), unwritten=("SAML", "<b>", "Okta"))
    monkeypatch.setattr(opening, "retrieve", lambda **_: found)
    said = " ".join(text(client).split())
    assert "has the words <q>SAML</q>, <q>&lt;b&gt;</q> or <q>Okta</q>." in said


def test_what_the_search_did_without_is_said(
    client: Client, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(
        retrieval("strong", (passage(1, articles[0]),)), degraded=(RERANK_SKIPPED, "unheard_of")
    )
    monkeypatch.setattr(opening, "retrieve", lambda **_: found)
    page = text(client)
    assert "to answer in time" in page.lower()
    assert "Part of the search was not available." in page


def test_f6_a_search_that_cannot_be_done_keeps_the_question_and_offers_to_try_again(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> Retrieval:
        raise ProviderError("The search is being built.", code="busy")

    monkeypatch.setattr(opening, "retrieve", fail)
    response = client.get(ASKED, headers=BROWSER)
    assert response.status_code == 503
    assert "The search is being built." in response.content.decode()
    assert 'value="Which port?"' in response.content.decode()


@pytest.mark.parametrize("question", ["", "+%00%0a", "x" * 10_000])
def test_a_question_that_cannot_be_asked_is_explained_and_not_searched_for(
    client: Client, workspace: Workspace, question: str
) -> None:
    response = client.get(f"/w/team/?q={question}", headers=BROWSER)
    assert response.status_code == 400
    assert 'id="q-error"' in response.content.decode()
    assert mongo.answers().count_documents({}) == 0


def test_the_first_page_of_a_workspace_offers_its_example_questions(
    client: Client, workspace: Workspace
) -> None:
    workspace.example_questions = ["What is <this>?"]
    workspace.save()
    page = text(client, "/w/team/")
    assert "What is &lt;this&gt;?" in page
    assert 'href="?q=What+is+%3Cthis%3E%3F"' in page


def test_x1_what_was_asked_is_text_on_the_page(client: Client, finds: Callable[..., None]) -> None:
    page = text(client, "/w/team/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&tag=%3Cb%3E")
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_home_lists_what_one_may_enter(
    client: Client, workspace: Workspace, make_workspace: Callable[..., Workspace]
) -> None:
    make_workspace("closed")
    page = text(client, "/")
    assert 'action="/w/team/"' in page
    assert "closed" not in page.lower()


def test_an_empty_home_says_what_to_do_next(client: Client, db: None) -> None:
    assert "Sign in to see yours." in text(client, "/")
