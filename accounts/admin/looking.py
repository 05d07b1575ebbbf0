"""Lists of the admin panel to look at, which may be long: none is read or counted whole."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from pymongo.cursor import Cursor

from kbsite import mongo
from kbsite.documents import Document
from kbsite.filtering import FilteredAdmin

MOST_COUNTED = 10_000


def in_order(queryset: QuerySet[Any]) -> Cursor[Document]:
    """The documents of a queryset as an index sorts them; Django's backend would sort them all."""
    match, order = _compiled(queryset)
    return mongo.database()[queryset.model._meta.db_table].find(match).sort(order)


def _compiled(queryset: QuerySet[Any]) -> tuple[Document, list[tuple[str, int]]]:
    compiler = queryset.query.get_compiler(queryset.db)
    try:
        compiler.pre_sql_setup()
        query = compiler.build_query()
    except EmptyResultSet:
        return {"_id": {"$in": []}}, [("_id", 1)]
    return query.match_mql, list(query.ordering.items())


class BoundedPaginator(Paginator[Any]):
    """Counts no further than one pages through, and reads no more than the page."""

    @cached_property
    def count(self) -> int:
        queryset: Any = self.object_list
        match, _ = _compiled(queryset)
        collection = mongo.database()[queryset.model._meta.db_table]
        if not match:
            return min(collection.estimated_document_count(), MOST_COUNTED)
        return collection.count_documents(match, limit=MOST_COUNTED)

    def page(self, number: Any) -> Page[Any]:
        queryset: Any = self.object_list
        number = self.validate_number(number)
        before = (number - 1) * self.per_page
        size = min(self.per_page, self.count - before)
        if size <= 0:  # which MongoDB would take for no limit
            return Page(queryset.none(), number, self)
        found = in_order(queryset).skip(before).limit(size)
        keys = [document["_id"] for document in found]
        return Page(queryset.filter(pk__in=keys), number, self)


class LookingAdmin(FilteredAdmin):
    """Nobody adds, changes or deletes anything here; what ends something is an action."""

    change_list_template = "admin/accounts/long_list.html"
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would be counted in the whole list
    paginator = BoundedPaginator

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        name = str(self.opts.verbose_name_plural)
        context = {"most": MOST_COUNTED, "title": f"{name[:1].upper()}{name[1:]}"}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
