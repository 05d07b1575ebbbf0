"""What the site wrote in its log and answered, listened to for what is secret (C3)."""

from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from tests.conftest import PASSWORD

WRONG, NEW, NEWER = "Canary-wrong-1", "Canary-fresh-2", "Canary-later-3"
TEXT = "canary of an article that nobody else may read"


@dataclass
class Heard:
    """What the site wrote and answered, and the secrets that were in play."""

    log: StringIO
    pages: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, WRONG, NEW, NEWER})
    shown: set[str] = field(default_factory=lambda: {TEXT})
    """What a page may say to whom it is for, and no log."""

    def hear(self, response: Any) -> Any:
        self.pages.append(response.content.decode())
        return response

    def explode(self, *args: Any, **given: Any) -> None:
        """A fault whose message quotes all of it, and so does that of what led to it."""
        quoted = " ".join(self.secrets | self.shown)
        try:
            raise KeyError(f"{quoted} {args!r} {given!r}")
        except KeyError as error:
            raise ValueError(f"while handling {quoted}") from error

    def leaks(self) -> set[str]:
        said = self.log.getvalue() + "".join(self.pages)
        return {secret for secret in self.secrets if secret in said}

    def logged(self) -> set[str]:
        return {secret for secret in self.secrets | self.shown if secret in self.log.getvalue()}
