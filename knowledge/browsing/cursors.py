"""Paging through what may change meanwhile: a page begins after an entry, not at a number.

Whatever is added or removed between two pages, an entry that stays is seen exactly once. A cursor
is signed for one list, so that one from elsewhere, or made up, is refused; it is only a place:
what may be seen there is decided anew by the query that it is used with.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from bson import ObjectId
from django.core import signing
from django.db.models import Field, Model, Q, QuerySet

Entry = TypeVar("Entry", bound=Model)


class InvalidCursor(Exception):
    """The cursor was not made for this list."""


@dataclass(frozen=True, slots=True)
class Order:
    """A stored field, which an index must hold beside the id that tells equal values apart."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """Some entries in their order; an empty cursor means that there are none on that side."""

    entries: tuple[Entry, ...]
    next_cursor: str = ""
    previous_cursor: str = ""


@dataclass(frozen=True, slots=True)
class _Position:
    value: Any
    pk: ObjectId
    backwards: bool


def keyset_page(
    found: QuerySet[Entry], order: Order, *, of: str, cursor: str, limit: int
) -> Page[Entry]:
    """The entries of `found` after `cursor`, or before it; from the beginning where it is empty.

    `of` names the list, tenant and order included. Raises `InvalidCursor`.
    """
    field = cast("Field[Any, Any]", found.model._meta.get_field(order.field))
    position = _read(cursor, field, of) if cursor else None
    backwards = position is not None and position.backwards
    descending = order.descending != backwards
    if position:
        found = found.filter(_beyond(order.field, position, descending))
    sign = "-" if descending else ""
    some = list(found.order_by(f"{sign}{order.field}", f"{sign}pk")[: limit + 1])
    entries, more = some[:limit], len(some) > limit
    if backwards:
        entries.reverse()
    has_next, has_previous = (True, more) if backwards else (more, position is not None)
    return Page(
        entries=tuple(entries),
        next_cursor=_write(entries[-1], field, of) if entries and has_next else "",
        previous_cursor=(
            _write(entries[0], field, of, backwards=True) if entries and has_previous else ""
        ),
    )


def _beyond(field: str, position: _Position, descending: bool) -> Q:
    than = "lt" if descending else "gt"
    # the first condition alone says where in the index to begin
    return Q(**{f"{field}__{than}e": position.value}) & (
        Q(**{f"{field}__{than}": position.value}) | Q(**{f"pk__{than}": position.pk})
    )


def _write(entry: Model, field: "Field[Any, Any]", of: str, *, backwards: bool = False) -> str:
    place = [field.value_to_string(entry), str(entry.pk), backwards]
    return signing.dumps(place, salt=_salt(of), compress=True)


def _read(cursor: str, field: "Field[Any, Any]", of: str) -> _Position:
    try:
        value, pk, backwards = signing.loads(cursor, salt=_salt(of))
    except (signing.BadSignature, UnicodeError) as error:
        raise InvalidCursor from error
    return _Position(field.to_python(value), ObjectId(pk), backwards)


def _salt(of: str) -> str:
    return f"{__name__}:{of}"
