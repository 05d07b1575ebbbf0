"""Being signed in without the form, which has tests of its own and takes its time by design."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User


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
