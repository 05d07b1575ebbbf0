"""People in the admin panel: find, add, invite, change, give a password, delete.

What is done to several at once is `actions.py`. Nobody demotes, deactivates or deletes
themselves, and the last administrator stays, so there always is one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.db.models import CASCADE, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.html import format_html

from accounts import managing
from accounts.admin.actions import ACTIONS, buttons_for
from accounts.admin.filters import EmailConfirmed, SecondStep, SignedInLately
from accounts.forms import InviteForm, NewPersonForm, PersonForm
from accounts.models import PasswordConflict, User
from accounts.outbox import can_send_mail
from accounts.password_forms import SetPasswordForm
from kbsite.filtering import FilteredAdmin

admin.site.unregister(Group)

Deleted = tuple[list[Any], dict[str, int], set[str], list[str]]


@admin.register(User)
class PersonAdmin(FilteredAdmin, UserAdmin[User]):
    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_form_template = "admin/accounts/person.html"
    change_list_template = "admin/accounts/people.html"
    change_password_form = SetPasswordForm
    change_user_password_template = "admin/accounts/set_password.html"  # noqa: S105
    list_display = ("username", "email", "state", "last_login")
    list_filter = (
        "is_active",
        "is_superuser",
        SecondStep,
        "must_change_password",
        SignedInLately,
        EmailConfirmed,
    )
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("username", "email", "first_name", "last_name")
    filter_horizontal = ()
    actions = ACTIONS
    readonly_fields = (
        "email_confirmed",
        "state",
        "password_state",
        "second_step",
        "last_login",
        "date_joined",
    )
    fieldsets = (
        (None, {"fields": ("username", "email", "email_confirmed", "first_name", "last_name")}),
        ("Access", {"fields": ("state", "is_superuser")}),
        ("Signing in", {"fields": ("password_state", "second_step")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "is_superuser")}),
        ("Password", {"fields": ("password1", "password2", "must_change_password")}),
    )

    @admin.display(description="Password")
    def password_state(self, user: User) -> str:
        if not user.has_usable_password():
            return format_html('None yet. <a href="../password/">Set one</a>')
        changed = _day(user.password_changed_at)
        return format_html('Last changed on {}. <a href="../password/">Set a new one</a>', changed)

    @admin.display(description="State")
    def state(self, user: User) -> str:
        held = {
            "not confirmed": bool(user.unconfirmed_until),
            "administrator": user.is_superuser,
            "second step": user.has_mfa,
            "must change the password": user.must_change_password,
        }
        words = [word for word, holds in held.items() if holds]
        return ", ".join(["active" if user.is_active else "deactivated", *words])

    @admin.display(description="Second step")
    def second_step(self, user: User) -> str:
        return f"On since {_day(user.mfa_enabled_at)}" if user.mfa_enabled_at else "Off"

    @admin.display(description="E-mail confirmed")
    def email_confirmed(self, user: User) -> str:
        return f"On {_day(user.email_verified_at)}" if user.email_verified_at else "Not yet"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.invite)
        return [path("invite/", view, name="accounts_user_invite"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).defer("password_history", "recovery_codes")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # one's own address is changed on the site, which asks for the password
        own = ("is_superuser", "email") if obj == request.user else ()
        return (*self.readonly_fields, *own)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return obj != request.user and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by = cast("User", request.user)
        if not change:
            managing.create(obj, by=by, request=request)
        elif form.changed_data:
            old = form.initial.get("email", "")
            managing.change(obj, fields=form.changed_data, old_email=old, by=by, request=request)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        managing.delete(obj, by=cast("User", request.user), request=request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    def get_deleted_objects(
        self, objs: Sequence[User] | QuerySet[User], request: HttpRequest
    ) -> Deleted:
        """A count of what goes, where Django would load it all to list it."""
        people = list(objs)
        own = {"yourself"} if request.user in people else set()
        counts = {"people": len(people)}
        for relation in User._meta.related_objects:
            if relation.on_delete is CASCADE:
                whose = {f"{relation.field.name}__in": [user.pk for user in people]}
                name = str(relation.related_model._meta.verbose_name_plural)
                held = relation.related_model._default_manager.filter(**whose).count()
                counts |= {name: held} if held else {}
        return [str(user) for user in people], counts, own, []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # somebody took the name or e-mail meanwhile: now the form finds it, and says so
            return super().changeform_view(request, *args, **kwargs)
        except managing.NotDone as error:
            return self._refused(request, error)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().delete_view(request, *args, **kwargs)
        except managing.NotDone as error:
            return self._refused(request, error)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            context = {"can_invite": can_send_mail(), "title": "People", **(extra_context or {})}
            return super().changelist_view(request, context)
        except managing.NotDone as error:
            return self._refused(request, error)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        person = context.get("original")
        if person is not None:
            context["buttons"] = buttons_for(person, by=cast("User", request.user))
        return super().render_change_form(request, context, *args, **kwargs)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Give somebody a password; one's own is changed with the current one, on the site."""
        person, by = self.get_object(request, unquote(id)), cast("User", request.user)
        if person == by:
            return redirect("accounts:password_change")
        try:
            response = super().user_change_password(request, id, form_url)
        except PasswordConflict:
            messages.error(request, "The password was changed elsewhere meanwhile. Try again.")
            return redirect(request.get_full_path())
        if person and request.method == "POST" and response.status_code == 302:
            managing.give_password(person, by=by, request=request)
        return response

    def invite(self, request: HttpRequest) -> HttpResponse:
        """Make an account whose owner chooses the password by a mailed link."""
        form = InviteForm(request.POST or None)
        if can_send_mail() and form.is_valid():
            by = cast("User", request.user)
            try:
                managing.invite(form.instance, by=by, request=request)
            except IntegrityError:
                form = InviteForm(request.POST)  # finds what was taken meanwhile, and says so
            else:
                self.log_addition(request, form.instance, "Invited.")
                messages.success(request, f"A link is mailed to {form.instance.email}.")
                return redirect("admin:accounts_user_change", form.instance.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Invite a person",
            "opts": self.opts,
            "form": form,
            "can_invite": can_send_mail(),
        }
        return TemplateResponse(request, "admin/accounts/invite.html", context)

    def _refused(self, request: HttpRequest, error: managing.NotDone) -> HttpResponse:
        messages.error(request, str(error))
        return redirect("admin:accounts_user_changelist")


def _day(moment: datetime) -> str:
    return date_format(moment, "j F Y")
