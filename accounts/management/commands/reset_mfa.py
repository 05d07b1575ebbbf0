"""`manage.py reset_mfa NAME`: the way back in for an administrator who lost the second step."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import mfa
from accounts.backends import find_user


class Command(BaseCommand):
    help = "Take away somebody's second step and sign them out; the password alone lets them in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name or e-mail")
        parser.add_argument("--reason", default="on the command line", help="for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user(options["name"])
        if user is None:
            raise CommandError(f"There is no user named {options['name']}.")
        if not user.has_mfa:
            raise CommandError(f"{user} has no second step.")
        mfa.reset(user, by=None, reason=options["reason"], request=None)
        self.stdout.write(f"{user} signs in with the password alone now.")
