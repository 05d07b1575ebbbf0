"""`manage.py createsuperuser`: Django's, with one clear sentence where a name is taken.

The password policy holds here too: `User.objects` applies it, whatever was answered to
Django's question whether to bypass it.
"""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import IntegrityError


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except IntegrityError as error:
            raise CommandError("Somebody already has this user name or e-mail.") from error
