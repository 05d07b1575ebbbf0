"""How a command that works for long behaves beside a running site."""

import os
from typing import Final

NICENESS: Final = 10
"""Readers' searches share the processor with it, and somebody is waiting for those."""


def give_way() -> None:
    """Let other processes go first."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
