"""`manage.py changepassword`: Django's, which also ends the person's sessions and is audited."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import audit, sessions
from accounts.models import User


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"] or getpass.getuser())
        sessions.revoke_all(user, why="password given")
        audit.record("password.set", on=user)
        return said
