#!/usr/bin/env python
"""Django's command line. Without MONGODB_URI, commands use the embedded MongoDB."""

import os
import sys

from kbsite.command_line import database_for
from kbsite.environment import InvalidEnvironment
from kbsite.preflight import CannotStart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kbsite.settings")


def main() -> None:
    """Run one command; what keeps it from running is one sentence, not a traceback."""
    from django.core.management import execute_from_command_line

    try:
        with database_for(sys.argv):
            execute_from_command_line(sys.argv)
    except InvalidEnvironment as error:
        sys.exit(f"This setting cannot be used: {error}. .env.example explains each.")
    except CannotStart as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
