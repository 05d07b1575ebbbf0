"""What is taken out of every line of the log before it is written."""

import logging
import re

# Django logs the path of a request that it refuses, and an invitation's path is its secret
_TOKEN = re.compile(r"(/invitations/)[^/\s?&#\"']+")


class WithoutTokens(logging.Filter):
    """Writes a word in the place of the secret in an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TOKEN.sub(r"\1[token]", record.getMessage()), ()
        return True
