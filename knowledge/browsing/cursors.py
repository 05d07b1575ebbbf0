"""Paging through what may change meanwhile: a page begins after an entry, not at a number.

Whatever is added or removed between two pages, an entry that stays is seen exactly once. A cursor
is signed for one list, so that one from elsewhere, or made up, is refused; it is only a place:
what may be seen there is decided anew by the query that it is used with.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast, overload

from bson import ObjectId
from django.core import signing
from django.db.models import Field, Model
from django_mongodb_backend.queryset import MongoQuerySet

from kbsite import mongo

Entry = TypeVar("Entry", bound=Model)
Match = dict[str, Any]
"""A condition in the database's own language, over columns."""


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
    model: type[Entry],
    match: Match,
    order: Order,
    *,
    of: str,
    cursor: str,
    limit: int,
    without: Iterable[str] = (),
) -> Page[Entry]:
    """The entries that match after `cursor`, or before it; from the beginning where it is empty.

    `of` names the list, tenant and order included; fields in `without` are not loaded. Raises
    `InvalidCursor`.
    """
    field = cast("Field[Any, Any]", model._meta.get_field(order.field))
    column = str(field.column)
    position = _read(cursor, field, of) if cursor else None
    backwards = position is not None and position.backwards
    descending = order.descending != backwards
    beyond = _beyond(column, position, descending) if position else {}
    direction = -1 if descending else 1
    some = ordered(
        model,
        {"$and": [match, beyond]} if beyond else match,
        {column: direction, "_id": direction},
        limit=limit + 1,
        without=without,
    )
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


def ordered(
    model: type[Entry],
    match: Match,
    order: dict[str, int],
    *,
    limit: int,
    skip: int = 0,
    without: Iterable[str] = (),
) -> list[Entry]:
    """The first entries that match, after `skip` of them, read in the order of an index.

    A query set would sort all that match in memory, and load what it defers: the backend puts a
    stage before the sort, which keeps the server from using an index for it.
    """
    stages: list[dict[str, Any]] = [{"$match": match}, {"$sort": order}]
    stages += [{"$skip": skip}, {"$limit": limit}]
    if unwanted := dict.fromkeys(without, 0):
        stages.append({"$project": unwanted})
    return list(MongoQuerySet(model).raw_aggregate(stages))


@dataclass(frozen=True, slots=True)
class InOrder(Sequence[Entry]):
    """What a `Paginator` pages through: counted, and read as `ordered` does, slice by slice."""

    model: type[Entry]
    match: Match
    order: dict[str, int]
    without: tuple[str, ...] = ()

    def __len__(self) -> int:
        return mongo.database()[self.model._meta.db_table].count_documents(self.match)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        first, limit = index.start or 0, index.stop - (index.start or 0)
        if limit <= 0:
            return []
        return ordered(
            self.model, self.match, self.order, skip=first, limit=limit, without=self.without
        )


def _beyond(column: str, position: _Position, descending: bool) -> Match:
    than = "$lt" if descending else "$gt"
    # the first condition alone says where in the index to begin
    return {
        column: {f"{than}e": position.value},
        "$or": [
            {column: {than: position.value}},
            {column: position.value, "_id": {than: position.pk}},
        ],
    }


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
