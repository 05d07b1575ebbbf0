"""`manage.py ensure_indexes`: create missing collections and indexes; safe on every deploy."""

from typing import Any

from django.core.management.base import BaseCommand

from kbsite.collections import ensure_collections
from kbsite.mongo import database


class Command(BaseCommand):
    help = "Create the collections and indexes that are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        created = ensure_collections(database())
        for name in created:
            self.stdout.write(f"created {name}")
        self.stdout.write(f"{len(created)} created; everything else was there.")
