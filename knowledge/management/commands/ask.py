"""`manage.py ask "QUESTION" --workspace SLUG`: the answer's events, a line of JSON each."""

import asyncio
from argparse import ArgumentParser
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from accounts.identity import identity_key
from accounts.models import User
from kbsite.mongo import close_async_client
from knowledge import providers, recipes
from knowledge.access import Person, scope_for, workspace_or_none
from knowledge.answers import generation
from knowledge.answers.events import ErrorEvent, Event, PassagesEvent, TokenEvent, ndjson
from knowledge.answers.question import InvalidQuestion, clean_question
from knowledge.answers.readers import asker_of
from knowledge.answers.stream import ask


class Command(BaseCommand):
    help = "Ask a workspace a question; prints the answer's events, a line of JSON each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question")
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--as", dest="user", metavar="USER", help="default: a visitor")
        parser.add_argument("--tag", action="append", default=[], help="may be repeated")
        parser.add_argument("--category", default="")
        parser.add_argument("--text", action="store_true", help="print it for people to read")

    def handle(self, *args: Any, **options: Any) -> None:
        person = _person(options["user"])
        workspace = workspace_or_none(person, options["workspace"])
        if workspace is None:
            raise CommandError(f"No workspace “{options['workspace']}” that this user may read.")
        # else loading the reranker would use up its budget, and the answer differ from the page's
        providers.warm(recipes.embedder_for(recipes.read().active))
        events = ask(
            question=_question(options["question"]),
            scope=scope_for(person, workspace),
            workspace=workspace,
            tags=options["tag"],
            category=options["category"],
            asker=asker_of(person),
        )
        try:
            error = asyncio.run(self._print(events, _readable if options["text"] else ndjson))
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=130) from None
        if error is not None:
            raise CommandError(error.message)

    async def _print(
        self, events: AsyncGenerator[Event, None], line: Callable[[Event], str]
    ) -> ErrorEvent | None:
        """Print each event as it comes; returns the error that ended them, if one did."""
        event: Event | None = None
        try:
            async with aclosing(events):
                async for event in events:
                    self.stdout.write(line(event), ending="")
                    self.stdout.flush()
        finally:
            await generation.stop_all()
            await close_async_client()
        return event if isinstance(event, ErrorEvent) else None


def _person(name: str | None) -> Person:
    if name is None:
        return AnonymousUser()
    key = identity_key(name)
    user = User.objects.filter(Q(username_key=key) | Q(email_key=key), is_active=True).first()
    if user is None:
        raise CommandError(f"No active user “{name}”.")
    return user


def _question(question: str) -> str:
    try:
        return clean_question(question, max_chars=settings.QUESTION_MAX_CHARS)
    except InvalidQuestion as error:
        raise CommandError(str(error)) from None


def _readable(event: Event) -> str:
    if isinstance(event, TokenEvent):
        return event.text
    if isinstance(event, PassagesEvent):
        sources = (f"[{p['n']}] {' > '.join(p['breadcrumb'])}\n" for p in event.passages)
        return "".join(sources) + "\n" if event.passages else "Nothing here covers this question."
    return "\n"
