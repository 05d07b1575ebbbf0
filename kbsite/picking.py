"""Picking one of many in a form of the panel: whoever is sent may be nobody at all."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest


class Picker(AutocompleteSelect):
    """Django's own, which asks the database for what is no id and fails; the form refuses it."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [each for each in value if ObjectId.is_valid(each)], attr)


class PickingAdmin(BaseModelAdmin[Any]):
    """An admin or an inline whose `autocomplete_fields` take any text for an answer."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = Picker(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
