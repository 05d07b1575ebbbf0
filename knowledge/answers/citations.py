"""Which passages an answer cites: those whose number the page turns into a link. Pure.

Only numbers that were retrieved count; any other `[n]`, and any in code, is the plain text that
it is. The page walks the same tokens, so it and the event are of one mind. (SECURITY X5)
"""

from collections.abc import Collection

from knowledge.answer_markdown import parse_answer


def cited_numbers(text: str, *, retrieved: Collection[int]) -> tuple[int, ...]:
    """The numbers among `retrieved` that the Markdown text cites, ascending, each once."""
    tokens = parse_answer(text, citations=frozenset(retrieved))
    children = (child for token in tokens for child in token.children or ())
    return tuple(sorted({int(c.content) for c in children if c.type == "citation"}))
