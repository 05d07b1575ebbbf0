"""How pages fit and behave as pages: narrow screens, the theme, an article's contents."""

import re

import pytest
from playwright.sync_api import Page, expect

from knowledge.models import Workspace
from tests.fakes.openai_server import OpenAIServer

LONG = "A_very_long_identifier_" * 12
PATHS = ["/", "/w/team/", "/w/team/?q=port", "/w/team/a/ports", "/accounts/login/"]


@pytest.mark.parametrize("width", [360, 390])
def test_nothing_is_wider_than_a_narrow_screen(
    page: Page, manual: Workspace, model: OpenAIServer, width: int
) -> None:
    model.script([f"{LONG} [1]\n\n```\n{LONG}\n```\n\n|a|b|\n|-|-|\n|{LONG}|{LONG}|\n"])
    page.set_viewport_size({"width": width, "height": 800})
    for path in PATHS:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if "q=" in path:
            expect(page.get_by_role("button", name="Copy with sources")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_on_a_narrow_screen_sources_fold_to_one_line_above_the_answer(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/w/team/?q=change the port")
    card, passage = page.locator("#source-1"), page.locator("#source-1 .card__passage")
    expect(card).to_be_visible()
    expect(passage).to_be_hidden()
    card.locator("summary").click()
    expect(passage).to_be_visible()
    answer = page.locator("#answer").bounding_box()
    above = card.bounding_box()
    assert answer
    assert above
    assert above["y"] < answer["y"]


def test_on_a_wide_screen_sources_stand_beside_the_answer(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/w/team/?q=change the port")
    expect(page.locator("#source-1 .card__passage")).to_be_visible()
    answer, card = page.locator("#answer").bounding_box(), page.locator("#source-1").bounding_box()
    assert answer
    assert card
    assert card["x"] >= answer["x"] + answer["width"]


def test_the_chosen_theme_is_remembered(page: Page, manual: Workspace) -> None:
    page.goto("/")
    button = page.get_by_role("button", name=re.compile("Theme"))
    button.click()
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/w/team/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_an_articles_contents_lead_to_its_sections(page: Page, manual: Workspace) -> None:
    page.goto("/w/team/a/ports")
    page.get_by_role("navigation", name="On this page").get_by_role(
        "link", name="A port that is taken"
    ).click()
    expect(page.get_by_role("heading", name="A port that is taken")).to_be_in_viewport()
    expect(page.locator("main")).to_contain_text("Last indexed")


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page, manual: Workspace) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
