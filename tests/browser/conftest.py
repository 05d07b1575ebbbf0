"""What browser tests share: a Chromium, a running site, and a page that reports any trouble."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request

from knowledge.models import Article
from tests.browser import chromium
from tests.browser.live import running, wait_until, web_server

LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REPORT_CSP = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`))"""

# Playwright's sync API keeps an event loop in the tests' thread, beside Django's queries.
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
        if message.type == "error":
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


@pytest.fixture
def page(context: BrowserContext, live_site: str) -> Iterator[Page]:
    """A page of the running site; the test fails on any trouble that it had."""
    trouble = Trouble(live_site)
    yield trouble.watch(context.new_page())
    assert trouble.seen == []
