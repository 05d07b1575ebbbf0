#!/usr/bin/env python
"""Django's command line. Without MONGODB_URI, commands use the embedded MongoDB."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kbsite.settings")

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
