"""Inviting somebody who has no account yet; and a role that changes under an open page."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from knowledge.models import Membership, Role
from knowledge.workspaces import create_workspace
from tests.browser.signing_in import sign_in


def test_somebody_invited_makes_an_account_and_is_a_member(
    page: Page, browser: Browser, make_user: Callable[..., User], base_url: str
) -> None:
    owner = make_user("olga")
    create_workspace(name="Team", slug="team", owner=owner)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, "olga")
    page.goto("/w/team/people")
    page.get_by_label("E-mail address").fill("lina@example.org")
    page.get_by_label("Role", exact=True).select_option("editor")
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")

    guest = browser.new_context(base_url=base_url).new_page()
    guest.goto(link)
    guest.get_by_label("User name").fill("lina")
    guest.get_by_label("Password", exact=True).fill("Fresh-horse-77")
    guest.get_by_label("Password, once more").fill("Fresh-horse-77")
    guest.get_by_role("button", name="Create account and join").click()
    expect(guest.get_by_text("You are a member of “Team” now")).to_be_visible()
    workspace = guest.get_by_role("navigation", name="Team")
    expect(workspace.get_by_role("link", name="Articles")).to_be_visible()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="This invitation does not hold")).to_be_visible()
    guest.context.close()


def test_a_role_that_changes_or_ends_holds_with_the_next_click(
    page: Page, browser: Browser, make_user: Callable[..., User], base_url: str
) -> None:
    space = create_workspace(name="Team", slug="team", owner=make_user("olga"))
    make_user("edith", workspace=space, role=Role.EDITOR)
    editor = browser.new_context(base_url=base_url).new_page()
    sign_in(editor, "edith")
    editor.goto("/w/team/articles/")
    sign_in(page, "olga")
    page.goto("/w/team/people")
    page.get_by_label("Role of edith").select_option("viewer")
    page.get_by_role("button", name="Change the role of edith").click()
    expect(page.get_by_role("status")).to_contain_text("edith is viewer from now on")
    editor.reload()
    expect(editor.get_by_role("heading", name="There is no such page")).to_be_visible()
    editor.goto("/w/team/")
    expect(editor.get_by_role("link", name="Articles")).to_have_count(0)
    page.get_by_role("link", name="Remove edith").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("edith is not a member any more")
    editor.reload()
    expect(editor.get_by_role("heading", name="There is no such page")).to_be_visible()
    editor.context.close()
    assert Membership.objects.count() == 1
