"""The page of a workspace's people, and what its admins and they themselves may change there.

Thin: every rule is `people.members`; invitations have their own views.
"""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from knowledge.models import Invitation, Membership, Role, Workspace
from knowledge.noting import note
from knowledge.people import members
from knowledge.people.forms import InvitationForm, RoleForm
from knowledge.people.invitations import may_still_invite, open_invitations
from knowledge.views.doors import MemberRequest, for_its_people, for_managers, for_owners

MEMBERS_PER_PAGE = 50


@require_safe
@for_its_people
def people(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """The members; to admins also their e-mail addresses, and who is invited."""
    return people_page(request, workspace)


def people_page(
    request: MemberRequest,
    workspace: Workspace,
    *,
    form: InvitationForm | None = None,
    **context: object,
) -> HttpResponse:
    """The page, also as the answer to an invitation."""
    memberships = Membership.objects.filter(workspace_id=workspace.pk).order_by("created_at", "pk")
    page = Paginator(memberships, MEMBERS_PER_PAGE).get_page(request.GET.get("page"))
    users = User.objects.in_bulk([membership.user_id for membership in page])
    context |= {
        "workspace": workspace,
        "place": "people",
        "page_obj": page,
        "rows": [(each, users[each.user_id]) for each in page if each.user_id in users],
        "roles": Role.choices,
        "is_member": memberships.filter(user_id=request.user.pk).exists(),
    }
    if request.rights.manage:
        context |= {"form": form or InvitationForm(), "invitations": _invitations(workspace)}
    return render(request, "knowledge/people/people.html", context)


@require_POST
@for_managers
def member_role(request: MemberRequest, workspace: Workspace, member: str) -> HttpResponse:
    """Let a member be viewer, editor or admin."""
    user, form = found_member(member), RoleForm(request.POST)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        if _done(
            request,
            lambda: members.change_role(workspace=workspace, user=user, role=role, by=request.user),
        ):
            note("member.role", workspace, request=request, on=user, role=role)
            messages.success(request, f"{user} is {role.label.lower()} from now on.")
    return redirect("knowledge:people", workspace.slug)


@require_http_methods(["GET", "POST"])
@for_managers
def member_remove(request: MemberRequest, workspace: Workspace, member: str) -> HttpResponse:
    """Ask, then take somebody out."""
    user = found_member(member)
    if request.method != "POST":
        return _confirmation(request, workspace, user, "remove")
    if _done(
        request, lambda: members.remove_member(workspace=workspace, user=user, by=request.user)
    ):
        note("member.remove", workspace, request=request, on=user)
        messages.success(request, f"{user} is not a member any more.")
    return redirect("knowledge:people", workspace.slug)


@require_http_methods(["GET", "POST"])
@for_owners
def workspace_transfer(request: MemberRequest, workspace: Workspace, member: str) -> HttpResponse:
    """Ask, then hand the workspace over."""
    user = found_member(member)
    if request.method != "POST":
        return _confirmation(request, workspace, user, "transfer")
    if _done(
        request, lambda: members.transfer_workspace(workspace=workspace, to=user, by=request.user)
    ):
        note("workspace.transfer", workspace, request=request, on=user)
        messages.success(request, f"{user} owns this workspace from now on.")
    return redirect("knowledge:people", workspace.slug)


@require_http_methods(["GET", "POST"])
@for_its_people
def workspace_leave(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Ask, then take oneself out."""
    if request.method != "POST":
        return _confirmation(request, workspace, request.user, "leave")
    if _done(request, lambda: members.leave_workspace(workspace=workspace, user=request.user)):
        note("member.remove", workspace, request=request, on=request.user)
        messages.success(request, f"You have left “{workspace.name}”.")
        return redirect("home")
    return redirect("knowledge:people", workspace.slug)


def found_member(user_id: str) -> User:
    try:
        return User.objects.get(pk=user_id)
    except (User.DoesNotExist, ValidationError) as error:
        raise Http404("no such person") from error


def _confirmation(
    request: MemberRequest, workspace: Workspace, user: User, step: str
) -> HttpResponse:
    """The page that asks; only about members, so that no other account's name is told."""
    membership = Membership.objects.filter(workspace_id=workspace.pk, user_id=user.pk).first()
    if membership is None:
        raise Http404("no such member")
    context = {"workspace": workspace, "place": "people", "member": user, "membership": membership}
    return render(request, f"knowledge/people/{step}.html", context)


def _done(request: MemberRequest, change: Callable[[], None]) -> bool:
    """Do it, or say why not."""
    try:
        change()
    except members.NoSuchMember:
        messages.warning(request, "Nothing was done: this person is not a member any more.")
    except members.Refused as refused:
        messages.error(request, str(refused))
    else:
        return True
    return False


def _invitations(workspace: Workspace) -> list[tuple[Invitation, bool]]:
    """The open ones, each with whether it still holds."""
    invitations = list(open_invitations(workspace))
    by_inviter = {each.invited_by_id: each for each in invitations}
    holds = {inviter: may_still_invite(each) for inviter, each in by_inviter.items()}
    return [(each, holds[each.invited_by_id]) for each in invitations]
