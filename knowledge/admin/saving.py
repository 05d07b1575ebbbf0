"""How the admin panel saves: in one transaction, and losing a race to validation."""

from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from kbsite import mongo
from kbsite.filtering import FilteredAdmin
from kbsite.picking import PickingAdmin
from knowledge.editing import Conflict, SlugTaken

Deleted = tuple[list[Any], dict[str, int], set[str], list[str]]


class SavingAdmin(PickingAdmin, FilteredAdmin):
    """Saves in one transaction; loses a race to validation, not to an error page."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = super().changeform_view
        if request.method != "POST":
            return view(request, *args, **kwargs)
        try:
            return mongo.in_transaction(lambda: view(request, *args, **kwargs))
        except (Conflict, SlugTaken, IntegrityError):
            # what the other one saved is stored by now, so validating sees it
            return mongo.in_transaction(lambda: view(request, *args, **kwargs))
