"""Asking in a browser: sources at once, the answer beside them, and every way it can end."""

import re

from playwright.sync_api import Page, expect

from knowledge.models import Visibility, Workspace
from tests.browser.conftest import Trouble
from tests.fakes.openai_server import OpenAIServer

QUESTION = "How do I change the port?"


def ask(page: Page, question: str = QUESTION) -> None:
    page.goto("/w/team/")
    page.get_by_role("searchbox").fill(question)
    page.keyboard.press("Enter")


def test_sources_are_on_screen_before_the_first_token(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    model.script(["Set ", "PORT ", "[1]."], hold_after=0)
    ask(page)
    expect(page.locator("#source-1")).to_contain_text("Change the port")
    expect(page.locator("#source-1 mark").first).to_have_text(re.compile("port", re.IGNORECASE))
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#answer-text")).to_be_empty()
    model.release()
    expect(page.locator("#answer-text")).to_have_text("Set PORT 1.")
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")


def test_the_answer_grows_while_it_is_written(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    model.script(["Set ", "PORT ", "now."], hold_after=2)
    ask(page)
    expect(page.locator("#answer-text")).to_have_text("Set PORT")
    model.release()
    expect(page.locator("#answer-text")).to_have_text("Set PORT now. (no source)")


def test_a_number_opens_lights_and_shows_its_source_and_escape_goes_back(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    model.script(["Look there [2]. " * 3 + "\n\n"] * 12)
    ask(page)
    number = page.locator("#answer-text .citation").last
    expect(page.get_by_role("button", name="Copy with sources")).to_be_visible()
    number.click()
    card = page.locator("#source-2")
    expect(card).to_be_in_viewport()
    expect(card).to_have_class(re.compile("is-lit"))
    expect(card).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(number).to_be_focused()


def test_pointing_at_either_end_lights_the_other(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    ask(page)
    number, card = page.locator(".citation"), page.locator("#source-1")
    number.hover()
    expect(card).to_have_class(re.compile("is-lit"))
    page.get_by_role("searchbox").hover()
    expect(card).not_to_have_class(re.compile("is-lit"))
    card.hover()
    expect(number).to_have_class(re.compile("is-lit"))


def test_g1_g2_a_question_that_nothing_covers_gets_no_sources_and_no_model_call(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    ask(page, "Which orchid species grow on the island of Borneo?")
    expect(page.get_by_role("heading", name="This knowledge base does not know.")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)
    assert model.calls == []


def test_a_reload_replays_the_answer_without_a_second_call(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    ask(page)
    expect(page.locator("#answer-text")).to_have_text("The port is 8000 1.")
    page.reload()
    expect(page.locator("#answer-text")).to_have_text("The port is 8000 1.")
    assert len(model.calls) == 1


def test_d3_stop_ends_the_answer_and_the_models_work(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    model.script(["Set ", "PORT ", "and so on"], hold_after=2)
    ask(page)
    expect(page.locator("#answer-text")).to_have_text("Set PORT")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer__model")).to_contain_text("You stopped this answer")
    expect(page.locator("#answer-text")).to_have_text("Set PORT")
    assert model.calls[0].disconnected.wait(2)


def test_back_shows_the_search_before_and_asks_nobody_again(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    ask(page)
    expect(page.locator("#answer-text .citation")).to_be_visible()
    box = page.get_by_role("searchbox")
    box.fill("How do I restore a backup?")
    page.keyboard.press("Enter")
    expect(page.locator("#source-1")).to_contain_text("Restore a backup")
    expect(page.locator("#answer-text .citation")).to_be_visible()
    page.go_back()
    expect(box).to_have_value(QUESTION)
    expect(page.locator("#source-1")).to_contain_text("Change the port")
    expect(page.locator("#answer-text .citation")).to_be_visible()
    assert len(model.calls) == 2


def test_an_answer_that_breaks_off_can_be_tried_again(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    model.script(["Set ", "PORT"], cut_after=1)
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text("The answer could not be finished.")
    expect(page.locator(".card")).not_to_have_count(0)
    model.script()
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("#answer-text")).to_have_text("The port is 8000 1.")


def test_copy_gives_the_text_with_its_sources(
    page: Page, manual: Workspace, model: OpenAIServer, base_url: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page)
    page.get_by_role("button", name="Copy with sources").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("The port is 8000 [1].\n\nSources\n[1] Ports Change the port\n")
    assert f"{base_url}/w/team/a/ports#" in copied


def test_a_filter_narrows_the_search_and_can_be_taken_off(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    ask(page, "How do I change the port or restore a backup?")
    page.get_by_role("navigation", name="Narrow").get_by_role("link", name="safety").click()
    expect(page).to_have_url(re.compile("tag=safety"))
    expect(page.locator(".card__heading", has_text="Ports")).to_have_count(0)
    page.locator(".search__head .chip", has_text="safety").click()
    expect(page).not_to_have_url(re.compile("tag="))


def test_an_example_question_is_one_press_away(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    manual.example_questions = [QUESTION]
    manual.save()
    page.goto("/w/team/")
    page.get_by_role("link", name=QUESTION).click()
    expect(page.get_by_role("searchbox")).to_have_value(QUESTION)
    expect(page.locator("#answer-text .citation")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, manual: Workspace, model: OpenAIServer) -> None:
    page.goto("/w/team/?q=port")
    expect(page.locator("#answer-text .citation")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("change"))
    number = page.locator("#answer-text .citation")
    expect(number).to_be_visible()
    number.focus()
    expect(page.locator("#source-1")).to_have_class(re.compile("is-lit"))
    page.keyboard.press("Enter")
    expect(page.locator("#source-1 summary")).to_be_focused()


def test_a_number_keeps_the_focus_while_the_answer_is_still_written(
    page: Page, manual: Workspace, model: OpenAIServer
) -> None:
    model.script(["Set PORT [1]. ", "Then restart ", "it [1]."], hold_after=1)
    page.goto(f"/w/team/?q={QUESTION}")
    number = page.locator("#answer-text .citation").first
    number.focus()
    model.release()
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    expect(number).to_be_focused()


def test_it_works_without_javascript(
    page_without_javascript: Page, manual: Workspace, model: OpenAIServer
) -> None:
    page = page_without_javascript
    page.goto("/w/team/")
    page.get_by_role("searchbox").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    expect(page).to_have_url(re.compile("whole=1"))
    expect(page.locator("#answer-text")).to_have_text("The port is 8000 1.")
    page.locator(".citation").click()
    expect(page.locator("#source-1")).to_be_in_viewport()
    assert len(model.calls) == 1


def test_a_search_that_does_not_reach_the_site_says_so_and_keeps_the_question(
    page: Page, manual: Workspace, model: OpenAIServer, trouble: Trouble
) -> None:
    page.goto("/w/team/")
    page.context.set_offline(True)
    page.get_by_role("searchbox").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The site could not be reached")
    page.context.set_offline(False)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer-text .citation")).to_be_visible()
    assert all("console" in seen for seen in trouble.seen)
    trouble.seen.clear()


def test_a_search_in_a_workspace_that_was_closed_leads_to_the_page_that_says_so(
    page: Page, manual: Workspace, model: OpenAIServer, trouble: Trouble
) -> None:
    page.goto("/w/team/")
    manual.visibility = Visibility.MEMBERS
    manual.save()
    page.get_by_role("searchbox").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    trouble.seen.clear()  # the browser logs the 404
