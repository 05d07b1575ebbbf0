"""Finding one's way in a browser: titles by keyboard, several articles at once, where one was."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from knowledge.models import Article, ReadingPosition, Role, Status, Workspace
from tests.browser.live import wait_until
from tests.browser.signing_in import sign_in

LONG = "Begin.\n\n" + "".join(f"## Step {n}\n\n{'Words. ' * 400}\n\n" for n in range(1, 5))


@pytest.fixture
def signed_in(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    return sign_in(page, "edith")


def test_the_keyboard_finds_a_title(page: Page, make_article: Callable[..., Article]) -> None:
    for title in ("Ports", "Port numbers", "Backups"):
        make_article(title)
    page.goto("/w/team/browse/")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Title")
    expect(box).to_be_focused()
    box.press_sequentially("por")
    expect(page.get_by_role("option")).to_have_count(2)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(page.get_by_role("option", name="Ports")).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("ArrowDown")
    box.press("Enter")
    expect(page).to_have_url("/w/team/a/port-numbers")


def test_several_articles_are_filtered_chosen_archived_and_brought_back(
    signed_in: Page, make_article: Callable[..., Article]
) -> None:
    for title in ("Ports", "Port numbers", "Backups"):
        make_article(title)
    signed_in.goto("/w/team/articles/")
    signed_in.get_by_label("Title", exact=False).first.fill("port")
    rows = signed_in.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(signed_in).to_have_url("/w/team/articles/?text=port&sort=saved")
    expect(signed_in.get_by_role("button", name="Apply")).to_be_hidden()
    signed_in.get_by_label("Choose all on this page").check()
    expect(signed_in.get_by_text("2 chosen")).to_be_visible()
    signed_in.get_by_label("With the chosen").get_by_label("Action").select_option("archive")
    signed_in.get_by_role("button", name="Apply").click()
    expect(signed_in.get_by_text("2 articles archived")).to_be_visible()
    assert Article.objects.filter(status=Status.ARCHIVED).count() == 2
    signed_in.get_by_role("button", name="Undo").click()
    expect(signed_in.get_by_text("Taken back for 2 articles")).to_be_visible()
    assert not Article.objects.filter(status=Status.ARCHIVED).exists()


def test_reading_goes_on_at_the_section_that_was_left(
    signed_in: Page, make_article: Callable[..., Article]
) -> None:
    make_article("Manual", LONG)
    signed_in.goto("/w/team/a/manual#s-step-3")
    expect(signed_in.get_by_role("heading", name="Step 3")).to_be_in_viewport()
    signed_in.goto("/w/team/")
    wait_until(
        lambda: ReadingPosition.objects.filter(heading="Step 3").exists(),
        seconds=10,
        what="the section to arrive",
    )
    signed_in.goto("/")
    signed_in.get_by_role("link", name="Manual › Step 3").click()
    expect(signed_in.get_by_role("heading", name="Step 3")).to_be_in_viewport()
