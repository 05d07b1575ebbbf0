"""Being signed in: by a session at once, or by the form, which takes its time by design."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from tests.conftest import PASSWORD


def sign_in(page: Page, username: str, *, at: str = "") -> Page:
    """Give the page's browser a session of that user, and go to the address."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
    if at:
        page.goto(at)
    return page


def sign_in_by_form(page: Page, username: str, *, at: str) -> Page:
    page.goto(f"/accounts/login/?next={at}")
    page.get_by_label("User name or e-mail").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(at)
    return page
