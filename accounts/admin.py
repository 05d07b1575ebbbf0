"""People in the admin panel: find, add, change, give a password, deactivate, delete."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.html import format_html

from accounts.forms import NewPersonForm, PersonForm, SetPasswordForm
from accounts.models import PasswordConflict, User

admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """Nobody can demote, deactivate or delete themselves, so an admin always remains."""

    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_password_form = SetPasswordForm
    change_user_password_template = "admin/accounts/set_password.html"  # noqa: S105
    list_display = (
        "username",
        "email",
        "is_active",
        "is_superuser",
        "must_change_password",
        "last_login",
    )
    list_filter = ("is_active", "is_superuser", "must_change_password")
    search_fields = ("username", "email", "first_name", "last_name")
    filter_horizontal = ()
    readonly_fields = ("password_state", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "email", "first_name", "last_name")}),
        ("Access", {"fields": ("is_active", "is_superuser")}),
        ("Password", {"fields": ("password_state", "must_change_password")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "is_superuser")}),
        ("Password", {"fields": ("password1", "password2", "must_change_password")}),
    )

    @admin.display(description="Password")
    def password_state(self, user: User) -> str:
        changed = user.password_changed_at
        return format_html(
            'Last changed on {}. <a href="../password/">Set a new one</a>', date_format(changed)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        own = ("is_active", "is_superuser") if obj == request.user else ()
        return (*self.readonly_fields, *own)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return obj != request.user and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # Django's admin templates ask for staff; here the two are one
        obj.is_staff = obj.is_superuser
        super().save_model(request, obj, form, change)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # somebody took the name or e-mail meanwhile: now the form finds it, and says so
            return super().changeform_view(request, *args, **kwargs)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Give somebody a password; one's own is changed with the current one, on the site."""
        if id == str(request.user.pk):
            return redirect("accounts:password_change")
        try:
            return super().user_change_password(request, id, form_url)
        except PasswordConflict:
            messages.error(request, "The password was changed elsewhere meanwhile. Try again.")
            return redirect(request.get_full_path())
