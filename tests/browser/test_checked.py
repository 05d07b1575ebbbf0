"""What the check of an answer shows: doubtful sentences marked, and each claim's source."""

import re

from playwright.sync_api import Page, expect

from knowledge.models import Workspace
from tests.browser.test_search import ask
from tests.fakes.openai_server import OpenAIServer

SAID = "Set the environment variable `PORT` to change the port [1]. "
WRONG = "The default port is 9000 [1]."


def test_a_sentence_that_its_source_lacks_is_marked_and_a_number_opens_the_one_that_bears_it_out(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    model.script([SAID, WRONG])
    ask(page)
    expect(page.locator(".claim--unsupported").first).to_contain_text("The default port is 9000")
    expect(page.locator(".claim__note")).to_have_text("(not found in its source)")
    expect(page.locator(".answer__checked")).to_have_text("1 sentence is not backed by its source.")
    page.locator("#answer-text .citation").first.click()
    shown = page.locator("#source-1 .support.is-shown")
    expect(shown).to_be_in_viewport()
    expect(shown).to_have_text(re.compile("^Set the environment variable PORT to change"))
