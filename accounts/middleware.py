"""Keeps whoever must change their password on the page where they can."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware
from django_htmx.http import HttpResponseClientRedirect

from kbsite.problems import is_for_api, problem

Respond = Callable[[HttpRequest], HttpResponseBase]
RespondLater = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
ALWAYS_OPEN = ("accounts:password_change", "accounts:logout", "healthz")


@sync_and_async_middleware
def MustChangePasswordMiddleware(  # noqa: N802 - named like the middleware around it
    get_response: Respond | RespondLater,
) -> Respond | RespondLater:
    """Answer with the way to the change page where `user.must_change_password` is set."""
    if iscoroutinefunction(get_response):

        async def respond_later(request: HttpRequest) -> HttpResponseBase:
            held = await sync_to_async(_is_held)(request)
            return _refuse(request) if held else await get_response(request)

        return respond_later

    def respond(request: HttpRequest) -> HttpResponseBase:
        return _refuse(request) if _is_held(request) else get_response(request)  # type: ignore[return-value]

    return respond


def _is_held(request: HttpRequest) -> bool:
    # the path comes first, so that an open page asks the database nothing
    if request.path.startswith(settings.STATIC_URL) or request.path in map(reverse, ALWAYS_OPEN):
        return False
    return getattr(request.user, "must_change_password", False)


def _refuse(request: HttpRequest) -> HttpResponse:
    page = reverse("accounts:password_change")
    if is_for_api(request):
        return problem(403, "Your password has to be changed before anything else.")
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(page)
    return redirect(page)
