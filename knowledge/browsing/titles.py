"""Titles as lists and searches by title compare them.

The key of a title is stored with its article by `editing`; what is searched in it is `listing`.
"""

import re
import unicodedata
from typing import Final

from knowledge.models import MAX_TITLE

_ACCENTS: Final = re.compile(r"[\u0300-\u036f]")
_WORD: Final = re.compile(r"\w+")


def title_key(title: str) -> str:
    """The title's words without case, accents and punctuation, one space between them.

    A title that is all punctuation is its own key. At most MAX_TITLE characters: compatibility
    forms can unfold to many, and only the beginning decides an order.
    """
    folded = unicodedata.normalize("NFKD", title).casefold()
    words = _WORD.findall(_ACCENTS.sub("", folded)) or filter(str.isprintable, folded.split())
    return " ".join(words)[:MAX_TITLE]


def title_words(text: str) -> list[str]:
    """The words to find in keys, of something typed in search of a title."""
    return title_key(text).split()
