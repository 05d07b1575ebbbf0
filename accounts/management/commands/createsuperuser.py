"""`manage.py createsuperuser`: Django's, with one clear sentence where a name is taken.

The password policy holds here too: `User.objects` applies it, whatever was answered to
Django's question whether to bypass it.
"""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import IntegrityError

from accounts import audit
from accounts.models import User


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except IntegrityError as error:
            raise CommandError("Somebody already has this user name or e-mail.") from error
        made = User.objects.filter(is_superuser=True).latest("date_joined")
        audit.record("user.create", on=made, administrator=True)
