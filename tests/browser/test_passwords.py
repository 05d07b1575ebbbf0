"""Changing a password in a browser: the rules as one types, and an old password refused."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.signing_in import sign_in
from tests.conftest import PASSWORD


def test_rules_are_shown_as_one_types_and_an_old_password_is_refused(
    page: Page, make_user: Callable[..., User]
) -> None:
    make_user("ada")
    sign_in(page, "ada", at="/accounts/password/")
    new, rules = page.get_by_label("New password", exact=True), page.locator("#password-rules")
    new.press_sequentially("short")
    expect(rules).to_contain_text("Not yet: Use at least 8 characters.")
    expect(page.locator("#password-rules-left")).to_contain_text("not met yet")
    new.fill(PASSWORD)
    expect(rules).to_contain_text("Met: At least 8 characters")
    expect(page.locator("#password-rules-left")).to_have_text("All of these rules are met.")
    page.get_by_role("button", name="Show what is typed").nth(1).click()
    expect(new).to_have_attribute("type", "text")
    page.get_by_label("Current password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, once more", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("You have used this password before.")).to_be_visible()
    expect(new).to_have_value("")
