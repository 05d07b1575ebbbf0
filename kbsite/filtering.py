"""What the addresses of the panel's lists may ask the database: what their filters send.

Django lets an address compare any field in any way: so one could find out letter by letter what
is stored for a secret, and have MongoDB match an expression of one's own.
"""

from typing import Any, Final

from django.contrib import admin
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

SENT: Final = {"id", "exact", "in", "isnull", "isempty", "gte", "lt"}


class FilteredAdmin(admin.ModelAdmin[Any]):
    """A list that is narrowed by its filters only; a bare name is equality, or a filter's own."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        name, *ways = lookup.split(LOOKUP_SEP)
        given: Any = self.get_list_filter(request)
        filters = [each for each in given if not isinstance(each, type)]
        listed = {each if isinstance(each, str) else each[0] for each in filters}
        asked = not ways or (name in listed and SENT.issuperset(ways))
        return asked and super().lookup_allowed(lookup, value, request)
