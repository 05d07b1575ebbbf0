"""`manage.py first_start`: make the database ready; `make run` calls it on every start."""

from typing import Any

from django.core.management.base import BaseCommand

from kbsite.first_start import prepare


class Command(BaseCommand):
    help = "Migrate, ensure indexes and, the first time, create an admin and import the manual."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(say=self.stdout.write)
