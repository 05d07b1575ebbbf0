"""Python that runs in a process of its own, with the tests' database and other settings."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connections

from kbsite.environment import BASE_DIR

SET_UP = "import django; django.setup()\n"


def in_another_process(code: str, **variables: str) -> str:
    """What the code prints."""
    env = {
        **os.environ,
        "KB_ENV_FILE": "",
        "DJANGO_SETTINGS_MODULE": "kbsite.settings",
        "MONGODB_URI": settings.MONGODB_URI,
        "MONGODB_DATABASE": connections["default"].settings_dict["NAME"],
        "SECRET_KEY": settings.SECRET_KEY,
        **variables,
    }
    command = [sys.executable, "-c", SET_UP + code]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
