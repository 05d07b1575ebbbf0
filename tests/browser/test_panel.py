"""An administrator demands another password of somebody who is signed in elsewhere."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from tests.browser.signing_in import sign_in
from tests.conftest import PASSWORD

NEW = "Fresh-horse-77"


def test_somebody_of_whom_another_password_is_demanded_chooses_one(
    page: Page, browser: Browser, make_user: Callable[..., User], base_url: str
) -> None:
    ada = make_user("ada")
    make_user("root", is_superuser=True, is_staff=True)
    elsewhere = browser.new_context(base_url=base_url).new_page()
    sign_in(elsewhere, "ada", at="/accounts/security/")
    sign_in(page, "root", at=f"/admin/accounts/user/{ada.pk}/change/")
    page.get_by_role("button", name="Demand another password").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("Another password demanded: 1.")).to_be_visible()

    elsewhere.get_by_role("main").get_by_role("link", name="Set up the second step").click()
    elsewhere.wait_for_url("**/accounts/login/?ended=1&next=/accounts/second-step/")
    elsewhere.get_by_label("User name or e-mail").fill("ada")
    elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
    elsewhere.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(elsewhere.get_by_role("heading", name="Change your password")).to_be_visible()
    elsewhere.get_by_label("Current password").fill(PASSWORD)
    elsewhere.get_by_label("New password", exact=True).fill(NEW)
    elsewhere.get_by_label("New password, once more").fill(NEW)
    elsewhere.get_by_role("button", name="Change password").click()
    expect(elsewhere.get_by_text("Your password is changed")).to_be_visible()
    elsewhere.context.close()
