"""Workspaces in the admin panel: with their owner and members, archived, or removed whole."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from kbsite.confirming import Step, ask_then_do
from kbsite.picking import PickingAdmin
from knowledge.admin.forms import MembershipForm, MembershipFormSet, WorkspaceForm
from knowledge.admin.saving import Deleted, SavingAdmin
from knowledge.models import Membership, Role, Workspace
from knowledge.noting import note, note_member, note_settings
from knowledge.people.members import change_people, join
from knowledge.workspaces import (
    archive_workspace,
    delete_workspace,
    holdings,
    unarchive_workspace,
)

# beyond this, a form of them would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS; they have their own list
MOST_MEMBERS_INLINE = 100


class MembershipInline(PickingAdmin, admin.TabularInline[Membership, Workspace]):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    autocomplete_fields = ["user"]
    extra = 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")


@admin.register(Workspace)
class WorkspaceAdmin(SavingAdmin):
    form = WorkspaceForm
    inlines = [MembershipInline]
    list_display = ["name", "slug", "visibility", "owner", "members", "state"]
    list_filter = ["visibility", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["owner"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["state", "created_at"]
    actions = ["archive", "unarchive"]
    fields = [
        "name",
        "slug",
        "description",
        "visibility",
        "require_mfa",
        "example_questions",
        "owner",
        *readonly_fields,
    ]

    @admin.display(description="Members")
    def members(self, workspace: Any) -> int:
        count: int = workspace.member_count
        return count

    @admin.display(description="State")
    def state(self, workspace: Workspace) -> str:
        if workspace.deleted_at:
            return "deleted: being emptied"
        return "archived" if workspace.archived_at else "open"

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, chosen: QuerySet[Workspace]) -> HttpResponse | None:
        def act(workspace: Workspace, seen: int, given: dict[str, Any]) -> None:
            archive_workspace(workspace)
            note("workspace.archive", workspace, request=request)

        question = "Archive these workspaces? They are read and searched as before; nobody writes."
        return ask_then_do(self, request, chosen, Step("archive", question, "Archived", act))

    @admin.action(description="Take out of the archive", permissions=["change"])
    def unarchive(self, request: HttpRequest, chosen: QuerySet[Workspace]) -> HttpResponse | None:
        def act(workspace: Workspace, seen: int, given: dict[str, Any]) -> None:
            unarchive_workspace(workspace)
            note("workspace.unarchive", workspace, request=request)

        question = "Take these workspaces out of the archive? Their editors can write again."
        step = Step("unarchive", question, "Taken out of the archive", act)
        return ask_then_do(self, request, chosen, step)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Count the members of the whole page at once."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = shown = list(changelist.result_list)
        members = Membership.objects.filter(workspace_id__in=[each.pk for each in shown])
        counts = dict(members.values_list("workspace_id").annotate(Count("pk")))
        for workspace in shown:
            workspace.member_count = counts.get(workspace.pk, 0)
        return changelist

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        members = Membership.objects.filter(workspace_id=obj.pk).count() if obj else 0
        return [] if members > MOST_MEMBERS_INLINE else list(self.inlines)

    def save_model(
        self, request: HttpRequest, obj: Workspace, form: forms.ModelForm[Workspace], change: bool
    ) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            self._note(request, obj, changes)
        else:
            obj.save(force_insert=True)
            note("workspace.create", obj, request=request)

    def _note(self, request: HttpRequest, workspace: Workspace, changes: dict[str, Any]) -> None:
        note_settings(workspace, changes, request=request)
        if owner := changes.get("owner"):
            note("workspace.transfer", workspace, request=request, on=owner)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The members, among whom the owner is an admin, whatever was typed for them."""
        workspace = form.instance

        def save() -> None:
            super(WorkspaceAdmin, self).save_related(request, form, formsets, change)
            for formset in formsets:
                _note_members(formset, request)
            if workspace.owner:
                join(workspace=workspace, user=workspace.owner, role=Role.ADMIN)

        change_people(workspace, save)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deleted:
        """A count of what goes, where Django would load every text to list it."""
        counts = [(workspace, holdings(workspace)) for workspace in objs]
        named = [
            [str(workspace), [f"{number} {kind}" for kind, number in held.items()]]
            for workspace, held in counts
        ]
        total = sum((Counter(held) for _, held in counts), Counter[str]())
        return [part for pair in named for part in pair], total, set(), []

    def delete_model(self, request: HttpRequest, obj: Workspace) -> None:
        delete_workspace(obj)
        note("workspace.delete", obj, request=request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Workspace]) -> None:
        for workspace in queryset:
            self.delete_model(request, workspace)


def _note_members(formset: Any, request: HttpRequest) -> None:
    for membership in formset.new_objects:
        note_member("member.add", membership, request=request)
    for membership, changed in formset.changed_objects:
        if "role" in changed:
            note_member("member.role", membership, request=request)
    for membership in formset.deleted_objects:
        note_member("member.remove", membership, request=request)
