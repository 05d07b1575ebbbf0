"""Words that are too close to home to make a password: the site's, its workspaces', one's own.

A password may hold such a word. What else it holds has to be worth something by itself: digits and
punctuation around the word are the first things that anybody would try.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from accounts.models import User

SHORTEST: Final = 4  # letters; shorter words are parts of too many others
LETTERS_BESIDES: Final = 4  # different ones
_LOOK_ALIKES = str.maketrans("@4830$5!1|7+69", "aabeossiiittgg")
_AS_L = str.maketrans("!1|", "lll")

Word = tuple[str, str]
"""The word as it is written, and whose it is."""


@sensitive_variables("password")
def reason_to_refuse(password: str, user: AbstractBaseUser | None) -> str:
    """What to say of a password that is little more than such words; empty where it is more."""
    words = sorted(_words(user), key=lambda word: -len(word[0]))
    readings = (password, password.translate(_AS_L))
    return next(filter(None, (_reason(each, words) for each in readings)), "")


@sensitive_variables("password")
def _reason(password: str, words: list[Word]) -> str:
    """Cut every word out, forwards and backwards, and look at what is left."""
    left = [(typed, folded) for typed in password for folded in _folded(typed)]
    found = None
    for written, whose in words:
        word = _folded(written)
        if _cut(left, word) + _cut(left, word[::-1]):
            found = found or (written, whose)
    letters = {typed.casefold() for typed, _ in left if typed.isalpha()}
    if found is None or len(letters) >= LETTERS_BESIDES:
        return ""
    return f"This is little more than “{found[0]}”, {found[1]}. Add other words."


def _cut(left: list[tuple[str, str]], word: str) -> int:
    """Take the word out wherever it stands; returns how often it did."""
    times = 0
    while (at := "".join(folded for _, folded in left).find(word)) >= 0:
        del left[at : at + len(word)]
        times += 1
    return times


def _folded(text: str) -> str:
    """Without case, accents and punctuation, and with letters for their look-alikes."""
    plain = unicodedata.normalize("NFKD", text.translate(_LOOK_ALIKES)).casefold()
    return "".join(character for character in plain if character.isalnum())


def _words(user: AbstractBaseUser | None) -> Iterator[Word]:
    yield from _parts(settings.KB_SITE_NAME, "the name of this site")
    if not isinstance(user, User):
        return
    yield from _parts(user.username, "your user name")
    yield from _parts(user.get_full_name(), "your name")
    local, _, domain = user.email.partition("@")
    for part in (local, domain.rpartition(".")[0]):
        yield from _parts(part, "from your e-mail address")
    for name in import_string(settings.PASSWORD_CONTEXT_WORDS)(user):
        yield from _parts(name, "the name of a workspace")


def _parts(name: str, whose: str) -> Iterator[Word]:
    """The whole name, and each of its words that is long enough."""
    for written in dict.fromkeys((name, *re.split(r"[\W_]+", name))):
        if len(_folded(written)) >= SHORTEST:
            yield written, whose
