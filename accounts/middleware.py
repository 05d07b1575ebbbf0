"""Sessions that know where they are used from; and who is held on a page until they act there."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts.holding import Held, held_request
from accounts.sessions import SessionStore
from accounts.visits import Visit
from kbsite.problems import is_for_api, problem
from kbsite.refusing import refusing

Page = TypeVar("Page", bound=Callable[..., HttpResponseBase])
ALWAYS_OPEN = ("accounts:logout", "healthz")
ENDED_AT = {
    Held.SECOND_STEP: ("accounts:second_step",),
    Held.PASSWORD: (
        "accounts:password_change",
        "accounts:password_rules",
        "auth:password",
        "auth:logout",
    ),
    Held.NO_SECOND_FACTOR: (
        "accounts:mfa_setup",
        "auth:mfa_setup",
        "auth:mfa_verify",
        "auth:logout",
    ),
}
"""The pages that answer somebody who is held, by why they are."""
_ENDED = "ended=1&next="


def for_strangers(view: Page) -> Page:
    """Mark a page of people who need not have signed in: it answers in any browser."""
    view.for_strangers = True  # type: ignore[attr-defined]
    return view


class KnownSessionMiddleware(SessionMiddleware):
    """Django's, whose sessions are told which address and program use them.

    Whoever was signed out elsewhere, or by time, lands on the sign-in page with the next click:
    once, because the response takes the cookie away, and then the browser is a visitor's. Not so
    on a page `for_strangers`, such as that of a mailed link, which answers them as visitors.
    """

    def process_request(self, request: HttpRequest) -> None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = SessionStore(key, visit=Visit.of(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: object
    ) -> HttpResponse | None:
        came = settings.SESSION_COOKIE_NAME in request.COOKIES and _is_click(request)
        if came and not hasattr(view, "for_strangers") and request.session.has_ended:  # type: ignore[attr-defined]
            return redirect(f"{reverse('accounts:login')}?{_ENDED}{quote(request.get_full_path())}")
        return None


def _is_click(request: HttpRequest) -> bool:
    """Whether a person opens a page; programs and parts of pages have their own answers."""
    asks = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    return asks and not is_for_api(request) and "HX-Request" not in request.headers


def _held(request: HttpRequest) -> Held | None:
    # the path comes first, so that an open page asks the database nothing
    if request.path.startswith(settings.STATIC_URL) or request.path in map(reverse, ALWAYS_OPEN):
        return None
    held = held_request(request)
    return None if held and request.path in map(reverse, ENDED_AT[held]) else held


def _refuse(request: HttpRequest) -> HttpResponse | None:
    """The way to the page that is to be dealt with first, where there is one."""
    if (held := _held(request)) is None:
        return None
    if is_for_api(request):
        return problem(403, held.detail)
    page = reverse(held.page)
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(page)
    return redirect(page)


HeldMiddleware = refusing(_refuse)
