"""Sentences in which an answer says that its passages do not hold the answer. Pure.

The rules in `prompt` ask a model for exactly one such sentence. Known by their words, in English,
Spanish, German and French; a sentence in another language is taken for a claim.
"""

import re
from typing import Final

_READ_CHARS: Final = 400
_SOURCES: Final = (
    "(?:passages?|sources?|documents?|documentation|articles?|context|texts?|information"
    "|excerpts?|knowledge base|pasajes?|fuentes?|documentos?|documentaci[oó]n|art[ií]culos?"
    "|textos?|contexto|base de conocimiento|passagen?|quellen?|dokumente?|abschnitte?"
    "|textstellen?|extraits?|base de connaissances)"
)
_SAY: Final = (
    "(?:say|contain|mention|state|specify|include|cover|answer|describe|provide|give|explain"
    "|address|indicate|define|list|discuss|tell|hold|detail|offer)"
)
_SAID: Final = (
    "(?:mentioned|stated|specified|covered|found|given|provided|included|described|contained"
    "|listed|available|answered|said)"
)
_DICEN: Final = (
    "(?:dicen?|contienen?|mencionan?|indican?|especifican?|incluyen?|cubren?|explican?|ofrecen?"
    "|responden?|describen?|proporcionan?|hablan?)"
)
_NEAR, _CLOSE = "[^.]{0,60}?", "[^.]{0,20}?"
_FORMS: Final = (
    rf"\b{_SOURCES}\b{_NEAR}\b(?:do|does|did)(?: not|n't)\b{_CLOSE}\b{_SAY}",
    rf"(?:\bnot|n't)\b{_CLOSE}\b{_SAID}\b{_NEAR}\b{_SOURCES}",
    rf"\b(?:none|no|nothing|neither)\b{_NEAR}\b{_SOURCES}\b{_NEAR}\b{_SAY}",
    r"^(?:there (?:is|was) |i (?:found|have) )?no (?:information|mention|details?|answer)\b",
    r"\b(?:i|we) (?:could|can)(?: ?not|'t|n't) (?:find|answer|determine|tell)\b",
    rf"\b(?:can|could)(?:not|'t|n't) be (?:found|answered|determined)\b{_NEAR}\b{_SOURCES}",
    rf"\b{_SOURCES}\b{_NEAR}\bno (?:se )?{_DICEN}\b",
    r"\bno se (?:menciona|indica|especifica|dice|explica|encuentra)n?\b",
    r"\bno (?:hay|encuentro|encontr[eé]|tengo) (?:ninguna )?(?:informaci[oó]n|respuesta)",
    rf"\b{_SOURCES}\b{_NEAR}\b(?:nicht|keine?n?)\b",
    rf"\b{_SOURCES}\b{_NEAR}\bne \w+ (?:pas|rien)\b",
)
_REFUSAL: Final = re.compile("|".join(_FORMS), re.IGNORECASE)


def is_refusal(sentence: str) -> bool:
    """Whether the sentence says that the passages do not say."""
    read = " ".join(sentence[:_READ_CHARS].replace("\u2019", "'").split())
    return _REFUSAL.search(read) is not None
