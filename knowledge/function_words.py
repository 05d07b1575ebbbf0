"""English words that carry grammar and no subject: no sign of what a text is about.

For code that compares words itself. The search index has its own list, tuned with its ranking
(`search/terms.py`).
"""

from typing import Final

_WORDS: Final = """
    a about after all also am an and any are as at be been but by can could did do does for from
    get had has have how i if in into is it its me my no not of on one or our should so some than
    that the their them then there these they this those to up us use used using was we were what
    when where which while who why will with would you your
"""
FUNCTION_WORDS: Final = frozenset(_WORDS.split())
"""In lower case."""
