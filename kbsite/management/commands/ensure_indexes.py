"""`manage.py ensure_indexes`: create missing collections and indexes; safe on every deploy."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pymongo.errors import PyMongoError

from kbsite.collections import ensure_collections
from kbsite.mongo import database
from knowledge.providers import ProviderError
from knowledge.search.atlas_indexes import IndexesNotReady
from knowledge.search.preparing import prepare_search

WAIT_SECONDS = 3600


class Command(BaseCommand):
    help = "Create the collections and indexes that are missing, search indexes included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait",
            action="store_true",
            help="until MongoDB's search nodes answer; they build indexes in their own time",
        )
        parser.add_argument(
            "--timeout",
            type=int,
            default=WAIT_SECONDS,
            metavar="SECONDS",
            help="give up waiting after so long (default: an hour); building goes on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        created = ensure_collections(database())
        for name in created:
            self.stdout.write(f"created {name}")
        self.stdout.write(f"{len(created)} created; everything else was there.")
        wait = float(options["timeout"]) if options["wait"] else 0.0
        try:
            prepare_search(say=self.stdout.write, wait=wait)
        except IndexesNotReady as error:
            raise CommandError(f"Not every search index can be searched: {error}.") from None
        except (ProviderError, PyMongoError) as error:
            raise CommandError(
                f"The search indexes could not be looked at ({type(error).__name__}). Nothing "
                "was lost; run this again when MongoDB answers."
            ) from None
