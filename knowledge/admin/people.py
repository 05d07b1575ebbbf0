"""Memberships and invitations in the admin panel; an owner stays an admin here, too."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from kbsite.filtering import FilteredAdmin
from knowledge.admin.forms import MembershipForm
from knowledge.admin.saving import SavingAdmin
from knowledge.models import Invitation, Membership
from knowledge.noting import note_member
from knowledge.people.members import change_people


@admin.register(Membership)
class MembershipAdmin(SavingAdmin):
    form = MembershipForm
    list_display = ["user", "workspace", "role", "created_at"]
    list_filter = ["workspace", "role"]
    list_select_related = ["user", "workspace"]
    autocomplete_fields = ["user"]
    actions = None  # the owners' would be among those deleted from the list

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        owns = obj is not None and obj.workspace.owner_id == obj.user_id
        return not owns and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        change_people(obj.workspace, obj.save)
        note_member("member.role" if change else "member.add", obj, request=request)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        note_member("member.remove", obj, request=request)
        change_people(obj.workspace, obj.delete)


@admin.register(Invitation)
class InvitationAdmin(FilteredAdmin):
    """To look at: they are sent and revoked on the workspace's page of people."""

    list_display = ["email", "workspace", "role", "invited_by", "created_at", "expires_at"]
    list_filter = ["workspace"]
    list_select_related = ["workspace", "invited_by"]
    search_fields = ["email"]
    fields = ["email", "workspace", "role", "invited_by", "created_at", "expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).defer("token_hash")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
