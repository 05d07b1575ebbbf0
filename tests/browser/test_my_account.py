"""An account from its invitation to the end of a session that somebody forgot elsewhere."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from knowledge.models import Role
from knowledge.people.invitations import invite
from knowledge.workspaces import create_workspace
from tests.browser.looking import look_at
from tests.browser.signing_in import sign_in_by_form
from tests.conftest import PASSWORD

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


def test_somebody_invited_registers_and_ends_their_session_on_another_device(
    page: Page, browser: Browser, make_user: Callable[..., User], base_url: str
) -> None:
    owner = make_user("olga")
    space = create_workspace(name="Team", slug="team", owner=owner)
    _, secrets = invite(workspace=space, email="lina@example.org", role=Role.EDITOR, by=owner)
    page.goto(f"/invitations/{secrets.mailed}")
    password = page.get_by_label("Password", exact=True)
    password.press_sequentially("short")
    expect(page.locator("#password-rules")).to_contain_text("Not yet: Use at least 8 characters.")
    look_at(page, "invitation")
    password.fill(PASSWORD)
    expect(page.locator("#password-rules-left")).to_have_text("All of these rules are met.")
    page.get_by_label("User name").fill("lina")
    page.get_by_label("Password, once more", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account and join").click()
    expect(page.get_by_text("You are a member of “Team” now")).to_be_visible()

    phone = browser.new_context(base_url=base_url, user_agent=PHONE).new_page()
    sign_in_by_form(phone, "lina", at="/w/team/articles/")
    page.get_by_label("Your account, lina").click()
    page.get_by_role("link", name="Your account").click()
    table = page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("row").nth(1)).to_contain_text("this one")
    look_at(page, "account")
    page.get_by_role("button", name="End the session of Safari on iPhone").click()
    expect(page.get_by_role("status")).to_contain_text("Safari on iPhone is signed out")
    phone.get_by_role("link", name="Ask", exact=True).first.click()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(phone.get_by_role("status")).to_contain_text("You were signed out here")
    look_at(phone, "signed-out")
    phone.context.close()
