"""The admin panel's door, which leads to the site's own sign-in and change-password pages."""

from typing import Any, cast

from bson import ObjectId
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.models import User


class PeopleSite(AdminSite):
    """Django's admin panel, for superusers."""

    site_header = site_title = settings.KB_SITE_NAME
    index_title = "Administer the site"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and cast("User", request.user).is_superuser

    def get_urls(self) -> list[Any]:
        detour = self.admin_view(_page_of_an_object)
        address = "r/<str:content_type_id>/<str:object_id>/"
        return [path(address, detour, name="view_on_site"), *super().get_urls()]

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index")))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("accounts:password_change")


def _page_of_an_object(
    request: HttpRequest, content_type_id: str, object_id: str
) -> HttpResponseBase:
    """Django's detour to what readers see, which fails for what is no id."""
    if not (ObjectId.is_valid(content_type_id) and ObjectId.is_valid(object_id)):
        raise Http404("no such object")
    return shortcut(request, content_type_id, object_id)
