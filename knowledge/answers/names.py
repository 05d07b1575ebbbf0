"""Names, which nobody paraphrases: identifiers, code, paths, flags, words with a capital. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from knowledge.answers.numbers import is_unit
from knowledge.answers.words import content_stems

_IDENTIFIER: Final = re.compile(
    r"""(?<![\w/.-])(?:
        --?[A-Za-z][\w-]+                        # flags
      | [~.]{0,2}/[\w./*-]+[\w*]                 # paths
      | [A-Za-z_][\w-]*(?:[./:@][\w-]+)+         # a.b, a/b, user@host
      | [A-Za-z]\w*_\w+                          # snake_case
      | [a-z]+[A-Z]\w*                           # camelCase
      | [A-Z][a-z]+[A-Z]\w*                      # CamelCase
      | [A-Z][A-Z0-9]+                           # ACRONYM, A4
      | [A-Za-z]+[\d]+\w*                        # gpt4
    )""",
    re.VERBOSE,
)
_CAPITALISED: Final = re.compile(r"(?<![\w.\u2019'-])[^\W\d_a-z][^\W\d_]+", re.UNICODE)
_OPENING: Final = re.compile(r"""(?:^|[.!?:\u2022(\[\u201c"\u00bf\u00a1]\s*)\W*\Z""")


def identifiers(text: str, codes: tuple[str, ...]) -> Iterator[str]:
    yield from (" ".join(code.split()) for code in codes if code.strip())
    found = (match[0].rstrip(".:/-") for match in _IDENTIFIER.finditer(text))
    yield from (name for name in found if not is_unit(name))


def capitalised(text: str) -> Iterator[str]:
    """Words with a capital that no sentence, list or quotation begins with."""
    for match in _CAPITALISED.finditer(text):
        opens = _OPENING.search(text, max(0, match.start() - 8), match.start())
        if not opens and content_stems(match[0]) and not is_unit(match[0]):
            yield match[0]
