"""The second step, from setting it up to signing in with it on another browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from tests.accounts.authenticator import code
from tests.browser.looking import look_at
from tests.browser.signing_in import sign_in
from tests.conftest import PASSWORD


def test_somebody_sets_it_up_and_signs_in_with_it_elsewhere(
    page: Page, browser: Browser, make_user: Callable[..., User], base_url: str
) -> None:
    make_user("ada")
    sign_in(page, "ada", at="/accounts/security/")
    page.get_by_role("link", name="Set up the second step").click()
    look_at(page, "second-step-off")
    page.get_by_role("link", name="Set it up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.get_by_label("type this secret").input_value().replace(" ", "")
    look_at(page, "second-step-set-up")
    spent = code(secret)
    page.get_by_label("Code that the app shows now").fill(spent)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Turn it on").click()
    look_at(page, "second-step-codes")
    recovery = page.get_by_label("Recovery codes").input_value().splitlines()
    assert len(recovery) == 10
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download as text").click()
    assert kept.value.path().read_text().splitlines()[2:] == recovery
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 of ten recovery codes are left")).to_be_visible()
    look_at(page, "second-step-on")

    phone = browser.new_context(base_url=base_url).new_page()
    phone.goto("/accounts/login/?next=/accounts/security/")
    phone.get_by_label("User name or e-mail").fill("ada")
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("heading", name="Second step")).to_be_visible()
    look_at(phone, "second-step")
    phone.get_by_label("Code").fill(spent)
    phone.get_by_label("Code").press("Enter")
    expect(phone.get_by_text("was used already")).to_be_visible()
    look_at(phone, "second-step-refused")
    phone.get_by_label("Code").fill(code(secret, steps=1))
    phone.get_by_label("Code").press("Enter")
    expect(phone).to_have_url(re.compile("/accounts/security/$"))
    look_at_the_rest(phone)
    phone.context.close()


def look_at_the_rest(page: Page) -> None:
    for name in ("off", "recovery-codes"):
        page.goto(f"/accounts/second-step/{name}/")
        look_at(page, f"second-step-confirm-{name}")
