"""`manage.py rotate_secrets`: after a new SECRET_KEY, encrypt with it what an old one encrypted."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import mfa


class Command(BaseCommand):
    help = (
        "Encrypt the stored secrets with the current SECRET_KEY. Afterwards the old key can be "
        "taken out of SECRET_KEY_FALLBACKS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = mfa.encrypt_all_anew()
        self.stdout.write(f"Second factors encrypted with the current key: {done}.")
        if lost:
            raise CommandError(
                f"No key opens the second factor of: {', '.join(lost)}. Add the key that was used "
                "to SECRET_KEY_FALLBACKS and run this again, or reset theirs in the admin panel."
            )
