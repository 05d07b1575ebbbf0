"""`manage.py reset_admin [NAME]`: a new one-time password for an admin who lost theirs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from kbsite.admins import ADMIN_NAME, NameTaken, reset_admin


class Command(BaseCommand):
    help = "Give an admin a new one-time password and print it; it must be changed at sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", nargs="?", default="", help="who; without it the oldest active admin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, password = reset_admin(username=options["name"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user named {options['name']}.") from None
        except NameTaken:
            raise CommandError(
                f"There is no admin, and {ADMIN_NAME} is an ordinary user. "
                f"`reset_admin {ADMIN_NAME}` makes them the admin."
            ) from None
        self.stdout.write(f"name      {user.username}")
        self.stdout.write(f"password  {password}")
        self.stdout.write("Sign in with it and choose your own; it is not shown again.")
