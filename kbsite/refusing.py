"""Middleware that answers a request itself where something is wrong, before any view sees it."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Respond = Callable[[HttpRequest], HttpResponseBase]
RespondLater = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
Refuse = Callable[[HttpRequest], HttpResponse | None]


def refusing(refuse: Refuse) -> Any:
    """A middleware, for a server of either kind, out of what is answered; None lets it go on."""

    @sync_and_async_middleware
    def middleware(get_response: Any) -> Respond | RespondLater:
        if iscoroutinefunction(get_response):

            async def respond_later(request: HttpRequest) -> HttpResponseBase:
                refusal = await sync_to_async(refuse)(request)
                return refusal or await get_response(request)

            return respond_later

        def respond(request: HttpRequest) -> HttpResponseBase:
            return refuse(request) or get_response(request)

        return respond

    return middleware
