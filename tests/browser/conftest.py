"""What browser tests share: a Chromium, a running site, and a page that reports any trouble."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

from knowledge.models import Article, Workspace
from tests.browser import chromium
from tests.browser.live import running, wait_until, web_server
from tests.fakes.openai_server import OpenAIServer

LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PORTS = """The web server listens on a port.

## Change the port

Set the environment variable PORT to change the port of the web server. The default port is 8000.
Restart the site after you change the port.

## A port that is taken

When another program uses the port, the site does not start and says which port is taken.
"""
BACKUPS = """Make a backup every night.

## Restore a backup

The restore command reads a backup file and puts every article back into an empty database.
"""
# what htmx logs of a request given up because the page was left; of one that failed it logs
# sendError, timeout or responseError as well
LEFT = ("htmx:afterRequest", "htmx:sendAbort")
REPORT_CSP = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`))"""


@pytest.hookimpl(trylast=True)  # after pytest, which gathers what has a parameter in common
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last of all: Playwright's sync API leaves an event loop running in the tests' thread."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


@pytest.fixture(autouse=True, scope="session")
def queries_beside_playwrights_event_loop() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@dataclass
class Trouble:
    """What a page must never do: log an error, break its policy, open a dialog, leave the site."""

    site: str
    seen: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        page.add_init_script(REPORT_CSP)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("dialog", self._on_dialog)
        page.on("request", self._on_request)
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(LEFT):
            self.seen.append(f"console: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:")):
            self.seen.append(f"external request: {request.url}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium.find(), "args": LAUNCH}


@pytest.fixture(scope="session")
def chat_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def model(chat_server: OpenAIServer) -> Iterator[OpenAIServer]:
    """The language model of the running site, as new: its calls are this test's."""
    chat_server.calls.clear()
    chat_server.script()
    chat_server.hold()
    yield chat_server
    chat_server.release()


@pytest.fixture(scope="session")
def live_site(
    mongodb_uri: str,
    django_db_setup: None,
    chat_server: OpenAIServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of a site with its worker, on the tests' own database and the scripted model."""
    var = tmp_path_factory.mktemp("site")
    env = {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": connections["default"].settings_dict["NAME"],
        "KB_VAR_DIR": str(var),
        "KB_SITE_NAME": "Library",
        "SECRET_KEY": settings.SECRET_KEY,  # so that tests can make sessions: see `signing_in`
        "OPENAI_BASE_URL": chat_server.base_url,
        "OPENAI_API_KEY": "test",
        "RERANK_BUDGET_MS": "5000",
        "QUESTIONS_PER_MINUTE": "10000",
        "QUESTIONS_PER_HOUR": "10000",
        "DEBUG": "false",
        "HTTPS": "false",
    }
    with (
        running("manage.py", "worker", env=env, log=var / "worker.log"),
        web_server(env=env, log=var / "web.log") as url,
    ):
        yield url


@pytest.fixture(scope="session")
def base_url(live_site: str) -> str:
    return live_site


@pytest.fixture
def trouble(live_site: str) -> Trouble:
    """What `page` saw; a test that causes trouble on purpose clears it."""
    return Trouble(live_site)


@pytest.fixture
def page(context: BrowserContext, trouble: Trouble) -> Iterator[Page]:
    """A page of the running site; the test fails on any trouble that it had."""
    yield trouble.watch(context.new_page())
    assert trouble.seen == []


@pytest.fixture
def page_without_javascript(browser: Browser, live_site: str) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, base_url=live_site)
    yield context.new_page()
    context.close()


@pytest.fixture
def publish(make_article: Callable[..., Article]) -> Callable[..., Article]:
    """Publish an article and wait for the worker to make it searchable."""

    def publish(title: str, content: str, **fields: Any) -> Article:
        article = make_article(title, content, **fields)
        wait_until_indexed(article)
        return article

    return publish


def wait_until_indexed(article: Article) -> None:
    wait_until(
        lambda: not Article.objects.get(pk=article.pk).pending,
        seconds=30,
        what=f"the worker to index {article.title!r}",
    )


@pytest.fixture
def manual(publish: Callable[..., Article], workspace: Workspace) -> Workspace:
    """A workspace with two short articles about a port and about backups."""
    publish("Ports", PORTS, tags=["network"], category="Running")
    publish("Backups", BACKUPS, tags=["safety"], category="Running")
    return workspace
