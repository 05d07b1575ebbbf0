"""Numbers and their units in one notation, so that `1,000 MB` and `1000 mb` are the same. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from knowledge.answers.words import folded_words

_NUMBER: Final = re.compile(
    r"(?<![\w.,:])[vV]?(\d+(?:[.,]\d+)*)(?![\w:]*\))(?:[\s-]?(%|[kKmM](?!\w)|[^\W\d_]+))?"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_WORDED: Final = {
    word: str(value)
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for value, word in enumerate(words.split())
}
_UNITS: Final = {
    unit: words[0]
    for words in (
        ("%", "percent", "porcentaje"), ("ms", "millisecond", "milliseconds"),
        ("s", "sec", "second", "seconds", "segundo", "segundos"),
        ("min", "mins", "minute", "minutes", "minuto", "minutos"),
        ("h", "hour", "hours", "hora", "horas"), ("day", "days", "dia", "dias"),
        ("week", "weeks", "semana", "semanas"), ("month", "months", "mes", "meses"),
        ("year", "years", "ano", "anos"), ("kb", "kib", "kilobyte", "kilobytes"),
        ("mb", "mib", "megabyte", "megabytes"), ("gb", "gib", "gigabyte", "gigabytes"),
        ("tb", "tib", "terabyte", "terabytes"), ("token", "tokens"),
        ("character", "characters", "caracteres"), ("byte", "bytes"), ("px",),
        ("usd", "dollar", "dollars"), ("eur", "euro", "euros"),
    )
    for unit in words
}  # fmt: skip


def numbers(text: str) -> Iterator[tuple[str, str]]:
    """Each number with its unit, or "" where none that is known follows; those in words last.

    *One* is left out: it is as often an article.
    """
    for match in _NUMBER.finditer(text):
        unit = (match[2] or "").casefold()
        yield match[1] + (unit if unit in ("k", "m") else ""), _unit(unit)
    for word, following in pairwise([*folded_words(text), ""]):
        if _WORDED.get(word, "1") != "1" and following in _UNITS:
            yield _WORDED[word], _unit(following)


@lru_cache(maxsize=4096)
def number_forms(number: str) -> frozenset[str]:
    """What a number may have been meant as: `1,000` is 1000, `1.000` may be, `2.0` is 2."""
    factor = {"k": 1_000, "m": 1_000_000}.get(number[-1:])
    digits = number[:-1] if factor else number
    forms = {digits}
    if _GROUPED.fullmatch(digits):
        forms.add(re.sub("[.,]", "", digits))
    decimal = digits.replace(",", ".")
    if decimal.count(".") == 1:
        forms |= {decimal, decimal.rstrip("0").rstrip(".")}
    if factor:
        forms |= {_product(form, factor) for form in forms if form.replace(".", "", 1).isdigit()}
        forms.add(number)
    return frozenset(form for form in forms if form)


class KnownNumbers:
    """Every form of every number in a text, those in words and those inside words included."""

    def __init__(self, text: str) -> None:
        self._units: dict[str, set[str]] = {}
        for number, unit in numbers(text):
            for form in number_forms(number):
                self._units.setdefault(form, set()).add(unit)
        worded = (_WORDED[word] for word in folded_words(text) if word in _WORDED)
        for bare in (*worded, *re.findall(r"\d+", text)):
            self._units.setdefault(bare, {""})

    def __contains__(self, measured: tuple[str, str]) -> bool:
        """Whether the number is there, and not only with other units than the one it has."""
        number, unit = measured
        found = [self._units[form] for form in number_forms(number) if form in self._units]
        return any(not unit or "" in units or unit in units for units in found)

    def __bool__(self) -> bool:
        return bool(self._units)


def is_unit(word: str) -> bool:
    return bool(_unit(word.casefold()))


def _unit(word: str) -> str:
    return _UNITS.get(next(folded_words(word), word), "")


def _product(number: str, factor: int) -> str:
    return f"{float(number) * factor:.10g}" if "." in number else str(int(number[:18]) * factor)
