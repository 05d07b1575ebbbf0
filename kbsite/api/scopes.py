"""Which scope a personal token needs for an operation: said where the operation is described.

Apart from `operation`, because REST framework loads what asks for it before its own views.
"""

from typing import Final

ANY_TOKEN: Final = "any"  # noqa: S105


def token_scope(view: object, method: str) -> str | None:
    """What a personal token needs for this method of the view; None where no token may."""
    return getattr(getattr(view, method.lower(), None), "token_scope", None)
