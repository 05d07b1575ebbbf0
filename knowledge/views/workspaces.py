"""The pages of a workspace itself: create it, its settings, archive it, delete it.

Thin: who may is `access`, writing is `workspaces`. Its people have their own pages in `people`.
"""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from knowledge import workspaces
from knowledge.access import may_create_workspaces
from knowledge.models import Workspace
from knowledge.noting import note, note_settings
from knowledge.views.doors import MemberRequest, for_managers, for_owners
from knowledge.workspace_forms import SLUG_TAKEN, DeleteForm, NewWorkspaceForm, SettingsForm


@require_http_methods(["GET", "POST"])
@login_required
def workspace_new(request: HttpRequest) -> HttpResponse:
    """Create a workspace, and own it."""
    if not may_create_workspaces(request.user):
        raise Http404("not for this person")
    form = NewWorkspaceForm(request.POST or None)
    if form.is_valid():
        try:
            owner = cast("User", request.user)
            made = workspaces.create_workspace(owner=owner, **form.cleaned_data)
        except workspaces.WorkspaceExists:
            form.add_error("slug", SLUG_TAKEN)
        else:
            note("workspace.create", made, request=request)
            messages.success(request, f"“{made.name}” is ready. Write its first article.")
            return redirect("knowledge:articles", made.slug)
    return render(request, "knowledge/workspaces/new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@for_managers
def workspace_settings(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Its name, what is said about it, and who may read it."""
    form = SettingsForm(request.POST or None, workspace=workspace, by=request.user)
    if form.is_valid():
        changes = form.changes()
        workspaces.change_workspace(workspace, **changes)
        note_settings(workspace, changes, request=request)
        messages.success(request, "Saved.")
        return redirect("knowledge:workspace_settings", workspace.slug)
    context = {"workspace": workspace, "place": "settings", "form": form}
    return render(request, "knowledge/workspaces/settings.html", context)


@require_POST
@for_managers
def workspace_archive(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Let nobody write in it any more."""
    workspaces.archive_workspace(workspace)
    note("workspace.archive", workspace, request=request)
    messages.success(request, "Archived. It is read and searched as before.")
    return redirect("knowledge:workspace_settings", workspace.slug)


@require_POST
@for_managers
def workspace_unarchive(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Let its editors write again."""
    workspaces.unarchive_workspace(workspace)
    note("workspace.unarchive", workspace, request=request)
    messages.success(request, "No longer archived: its editors can write again.")
    return redirect("knowledge:workspace_settings", workspace.slug)


@require_http_methods(["GET", "POST"])
@for_owners
def workspace_delete(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Say what goes, ask for the name, then close it at once; the worker empties it."""
    form = DeleteForm(request.POST or None, workspace=workspace)
    if form.is_valid():
        workspaces.delete_workspace(workspace)
        note("workspace.delete", workspace, request=request)
        messages.success(request, f"“{workspace.name}” is deleted.")
        return redirect("home")
    context = {
        "workspace": workspace,
        "place": "settings",
        "form": form,
        "holdings": workspaces.holdings(workspace),
    }
    return render(request, "knowledge/workspaces/delete.html", context)
