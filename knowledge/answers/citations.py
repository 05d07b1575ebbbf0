"""Which passages an answer cites: those whose number the page's renderer turns into a link. Pure.

Only numbers that were retrieved count; any other `[n]`, and any in code, is the plain text that
it is. Asking the renderer keeps the event, the page and the stored answer of one mind.
(SECURITY X5)
"""

import re
from collections.abc import Collection

from knowledge.rendering import render_answer

_LINK = re.compile(r'<a [^>]*data-source="(\d+)"')


def cited_numbers(text: str, *, retrieved: Collection[int]) -> tuple[int, ...]:
    """The numbers among `retrieved` that the Markdown text cites, ascending, each once."""
    html = render_answer(text, citations=frozenset(retrieved))
    return tuple(sorted({int(number) for number in _LINK.findall(html)}))
