"""Words as two texts are compared in them: folded, stemmed, the empty ones left out. Pure.

English and Spanish are known best; other languages lose only their function words' list.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from py_rust_stemmers import SnowballStemmer

from knowledge.function_words import FUNCTION_WORDS

_stemmer: Final = SnowballStemmer("english")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SPANISH: Final = """
    al como con cual cuales cuando de del desde donde el ella ellas ellos en entre era es esa
    ese eso esta estan estas este esto estos fue ha han hasta hay la las le les lo los mas me mi
    muy o para pero por porque pueda puede pueden puedes que quien se sea ser si sobre son su
    sus tambien tiene tienen tu tus un una unas uno unos usted y ya
"""
_FILLERS: Final = """
    additionally allow also another answer based because both certain could different due each
    either etc even example first following further furthermore help hence here however
    important include including instead like main make many may more moreover most much must
    need number order other overall particular per please provide question rather same second
    several should simply since specific still such summary therefore thus two typically usually
    various via want way well whether within would yes
"""
"""Words of answers that say nothing of their own, besides those that carry only grammar."""
_DENYING: Final = """
    arent cannot cant couldnt didnt doesnt dont hadnt hasnt havent isnt jamas mustnt nada neednt
    neither never ningun ninguna ninguno no none nor not nothing nunca shouldnt sin tampoco
    wasnt werent without wont wouldnt
"""
_DENIALS: Final = frozenset(_DENYING.split())
_EMPTY: Final = FUNCTION_WORDS.union(_DENIALS, _SPANISH.split(), _FILLERS.split())
_OPPOSITES: Final = (
    ("enable", "disable"), ("enabled", "disabled"), ("allow", "forbid"), ("allow", "deny"),
    ("allow", "prevent"), ("before", "after"), ("increase", "decrease"), ("increase", "reduce"),
    ("always", "never"), ("maximum", "minimum"), ("required", "optional"), ("include", "exclude"),
    ("more", "less"), ("higher", "lower"), ("faster", "slower"), ("first", "last"),
    ("public", "private"), ("on", "off"), ("true", "false"), ("above", "below"),
    ("succeed", "fail"), ("accept", "reject"), ("add", "remove"), ("start", "stop"),
    ("antes", "despues"), ("siempre", "nunca"), ("maximo", "minimo"), ("mas", "menos"),
    ("obligatorio", "opcional"), ("activar", "desactivar"),
)  # fmt: skip
_OPPOSITE_OF: Final = {
    word: frozenset(b if word == a else a for a, b in _OPPOSITES if word in (a, b))
    for pair in _OPPOSITES
    for word in pair
}


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that carry content."""
    return stems_of(folded_words(text))


def stems_of(words: Iterable[str]) -> frozenset[str]:
    """The stems of those folded words that carry content."""
    return frozenset(stem(word) for word in words if not _is_empty(word))


def folded_words(text: str) -> Iterator[str]:
    """Words without case, accents and the apostrophe's form."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return (match[0] for match in _WORD.finditer(plain))


def is_denial(word: str) -> bool:
    """Whether a folded word denies what is said."""
    return word in _DENIALS or word.endswith("n't")


def opposites(word: str) -> frozenset[str]:
    return _OPPOSITE_OF.get(word, frozenset())


def _is_empty(word: str) -> bool:
    return word in _EMPTY or word.isdigit()  # numbers are compared as such


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    return str(_stemmer.stem_word(word.removesuffix("'s")))
