"""What a person may ask, cleaned: one line of text, neither empty nor over the limit. Pure."""

import re
import unicodedata

# Cc: control, Cs: lone surrogate (not storable), Zl and Zp: line ends that look like spaces
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SPACES = re.compile(r"\s+")


class InvalidQuestion(ValueError):
    """The question cannot be asked; the message says why, in words for the person."""


def clean_question(question: str, *, max_chars: int) -> str:
    """The question as one line in NFC, control characters turned into spaces.

    Raises `InvalidQuestion` when nothing is left or more than `max_chars` characters are.
    """
    printable = "".join(" " if _unprintable(c) else c for c in question)
    cleaned = _SPACES.sub(" ", unicodedata.normalize("NFC", printable)).strip()
    if not cleaned:
        raise InvalidQuestion("Type a question first.")
    if len(cleaned) > max_chars:
        raise InvalidQuestion(
            f"The question is {len(cleaned):,} characters long; at most {max_chars:,} are read."
        )
    return cleaned


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTABLE
