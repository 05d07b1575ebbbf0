"""`manage.py restore FILE`: make the database what a backup holds."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pymongo.errors import PyMongoError
from tqdm import tqdm

from accounts import audit
from kbsite.archive import ArchiveError
from kbsite.backup import HalfRestored, NotEmpty, restore
from kbsite.collections import ensure_collections
from kbsite.first_start import migrate
from kbsite.mongo import database


class Command(BaseCommand):
    help = "Load a backup into an empty database. Stop the site first."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--force", action="store_true", help="replace everything that the database holds"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = self._load(options["file"], force=options["force"])
        except NotEmpty:
            raise CommandError(
                f"The database {database().name} holds data; --force replaces all of it."
            ) from None
        except (ArchiveError, PyMongoError) as error:
            raise CommandError(f"{error} The database is as it was.") from None
        except HalfRestored as error:
            raise CommandError(
                f"The last step failed: {error}. Run it again, with --force."
            ) from None
        migrate(say=self.stdout.write)
        ensure_collections(database())
        audit.record("backup.restore", file=options["file"].name)
        self.stdout.write(f"{sum(counts.values())} documents restored from {options['file']}.")

    def _load(self, path: Path, *, force: bool) -> dict[str, int]:
        with tqdm(unit=" documents", disable=not sys.stderr.isatty()) as bar:
            return restore(database(), path, force=force, progress=lambda _: bar.update())
