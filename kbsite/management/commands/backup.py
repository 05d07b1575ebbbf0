"""`manage.py backup FILE`: the whole database, as it is at one moment, in one file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pymongo.errors import PyMongoError
from tqdm import tqdm

from accounts import audit
from kbsite.backup import backup
from kbsite.mongo import database


class Command(BaseCommand):
    help = "Save the whole database to a new file. The site may go on running."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with tqdm(unit=" documents", disable=not sys.stderr.isatty()) as bar:
            try:
                counts = backup(database(), path, progress=lambda _: bar.update())
            except FileExistsError:
                raise CommandError(f"{path} exists; nothing is overwritten.") from None
            except OSError as error:
                raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
            except PyMongoError as error:
                raise CommandError(f"Nothing was saved: {error}") from None
        audit.record("backup.make", file=path.name)
        size = path.stat().st_size / 1e6
        self.stdout.write(f"{sum(counts.values())} documents saved to {path} ({size:.1f} MB).")
        self.stdout.write("It holds password hashes and articles: keep it where only you can read.")
