"""What the log is not told: secrets in addresses, and what an error quotes."""

import logging
import re
import traceback
from pathlib import Path

# Django logs the path of a request that it refuses, and an invitation's path is its secret
_TOKEN = re.compile(r"(/invitations/)[^/\s?&#\"']+")


class WithoutTokens(logging.Filter):
    """Writes a word in the place of the secret in an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TOKEN.sub(r"\1[token]", record.getMessage()), ()
        return True


def without_message(error: Exception) -> str:
    """What kind of error it is, and where it was raised: its message can quote an article."""
    code = getattr(error, "code", None)
    kind = f"{type(error).__name__}: {code}" if code else type(error).__name__
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{kind} at {Path(frame.filename).name}:{frame.lineno}"
