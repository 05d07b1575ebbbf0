"""The ASGI entry point, `uvicorn kbsite.asgi:application`: Django, and the process's start and end.

Django's own application knows requests only; the search engine and the models are to be ready
before the first one, and their threads and connections are to end with the process.
"""

import asyncio
import gc
import logging
import os
import threading
import time

from django.conf import settings
from django.core.asgi import get_asgi_application

from kbsite.collecting import without_collecting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kbsite.settings")
with without_collecting():
    django_application = get_asgi_application()

    # these need the applications that get_asgi_application has loaded; the URLs are imported so
    # that a broken one ends the start with its reason, and not every request
    from kbsite import mongo, urls  # noqa: F401
    from kbsite.body_limit import Message, Receive, Send, limited
    from knowledge import providers
    from knowledge.answers import generation
    from knowledge.recipes import embedder_for
    from knowledge.search.running import start_engine, stop_engine

    gc.freeze()  # code is not looked through again, ever

logger = logging.getLogger(__name__)
_PAUSES = (1, 2, 5, 10, 30, 60, 120)
"""Seconds after each failure to warm up."""


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """One request, or the server's life from start to end."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        most = settings.REQUEST_MAX_BYTES
        await limited(django_application, scope, receive, send, most=most)


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await generation.stop_all()
    await asyncio.to_thread(stop_engine)
    await mongo.close_async_client()
    await send({"type": "lifespan.shutdown.complete"})


def _warm_up() -> None:
    """Build the index and load the models, so that the first question need not wait for them.

    Tried for some minutes: a database that is slow to start must not leave a process cold for good.
    """
    for pause in _PAUSES:
        try:
            searched = start_engine().recipe
            providers.warm(embedder_for(searched))
            return
        except Exception as error:
            logger.warning("not warmed up: %s", type(error).__name__)
        time.sleep(pause)
