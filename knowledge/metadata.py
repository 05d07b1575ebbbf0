"""What a title, a summary, a tag, a category and a text may hold, wherever they come from.

Forms, the admin panel and the import clean with these functions, so that all agree. Each raises
`ValidationError` with a sentence for whoever wrote the text. Nothing here escapes anything:
that is done where text becomes HTML.
"""

import re
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError

from knowledge.models import MAX_TAG

MAX_TAGS: Final = 20

# control characters; overrides of the writing direction, which make a line read as what it is
# not; and halves of surrogate pairs, which UTF-8 cannot hold
_UNWELCOME: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")


def clean_line(text: str, *, max_chars: int) -> str:
    """`text` as one trimmed line, its runs of white space made one space each."""
    line = " ".join(text.split())
    if found := _UNWELCOME.search(line):
        raise ValidationError(f"Take out the invisible character {_named(found[0])}.")
    if len(line) > max_chars:
        raise ValidationError(f"Use at most {max_chars} characters; these are {len(line)}.")
    return line


def clean_tags(tags: Iterable[str]) -> list[str]:
    """The tags as written, each once whatever its case; commas separate tags."""
    pieces = (piece for tag in tags for piece in tag.split(","))
    unique: dict[str, str] = {}
    for piece in pieces:
        if tag := _clean_tag(piece):
            unique.setdefault(tag.casefold(), tag)
    if len(unique) > MAX_TAGS:
        raise ValidationError(f"Use at most {MAX_TAGS} tags; these are {len(unique)}.")
    return list(unique.values())


def clean_content(text: str) -> str:
    """The text with its line ends made LF, so that spans into it mean the same everywhere."""
    content = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSTORABLE.search(content):
        line = content.count("\n", 0, found.start()) + 1
        raise ValidationError(f"Take out the character {_named(found[0])} in line {line}.")
    if len(content) > settings.ARTICLE_MAX_CHARS:
        raise ValidationError(
            f"The text is {len(content):,} characters long; "
            f"an article holds at most {settings.ARTICLE_MAX_CHARS:,}."
        )
    return content


def _clean_tag(text: str) -> str:
    try:
        return clean_line(text, max_chars=MAX_TAG)
    except ValidationError as error:
        shown = " ".join(_UNWELCOME.sub("\ufffd", text).split())[:MAX_TAG]
        raise ValidationError(f"The tag “{shown}”: {error.messages[0]}") from error


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"
