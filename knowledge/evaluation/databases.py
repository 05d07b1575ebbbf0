"""The names of the databases that evaluations fill and drop, and which of them were left behind.

A name tells when its database was made. With at most 38 characters it is allowed everywhere.
"""

import re
import secrets
import time
from collections.abc import Iterable
from typing import Final

from django.conf import settings

from kbsite import mongo

_MARK: Final = "_evaluate_"
_SITE_CHARS: Final = 16
_TIME: Final = re.compile(r"([0-9a-f]{8})[0-9a-f]{4}")
_LEFT_BEHIND_SECONDS: Final = 86_400.0


def new_name() -> str:
    return f"{_prefix()}{int(time.time()):08x}{secrets.token_hex(2)}"


def left_behind(names: Iterable[str] | None = None) -> list[str]:
    """Those of this site that are older than a day: their evaluation was killed by force."""
    names = mongo.client().list_database_names() if names is None else names
    return [name for name in names if _age(name) > _LEFT_BEHIND_SECONDS]


def advice(name: str) -> str:
    """What to say of one that was left behind."""
    return (
        f"The database {name} was left behind by an evaluation that was killed. To drop it: "
        f'python manage.py shell -c "from kbsite import mongo; '
        f"mongo.client().drop_database('{name}')\""
    )


def _age(name: str) -> float:
    made = _TIME.fullmatch(name.removeprefix(_prefix())) if name.startswith(_prefix()) else None
    return time.time() - int(made[1], 16) if made else 0.0


def _prefix() -> str:
    return f"{settings.MONGODB_DATABASE[:_SITE_CHARS]}{_MARK}"
