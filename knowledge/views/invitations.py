"""Inviting people by e-mail, and the page that an invitation's link opens.

Thin: secrets and rules are `people.invitations`, accounts are `accounts.registration`. The links
hold a secret, so their pages are not kept by caches, and send no address to where they lead.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urljoin

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.identity import identity_key
from accounts.middleware import for_strangers
from accounts.models import User
from accounts.outbox import site_url
from accounts.registration import RegistrationForm, by_invitation, register
from accounts.signing_in import welcome
from knowledge.access import role_of
from knowledge.models import Invitation, Role, Workspace
from knowledge.noting import note
from knowledge.people import invitations, mail
from knowledge.people.forms import InvitationForm
from knowledge.people.invitations import InvitationGone, Opened
from knowledge.people.members import Refused
from knowledge.views.doors import MemberRequest, for_managers
from knowledge.views.people import people_page

OpenedView = Callable[[HttpRequest, str, Opened], HttpResponse]


@require_POST
@never_cache
@for_managers
def invite(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Invite somebody; the answer is the same whether the address has an account or not."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
            return _invite(request, workspace, email, role)
        except Refused as refused:
            form.add_error(None, str(refused))
    return people_page(request, workspace, form=form)


@require_POST
@never_cache
@for_managers
def invitation_resend(
    request: MemberRequest, workspace: Workspace, invitation: str
) -> HttpResponse:
    """Send a new link, which makes the old one worthless."""
    old = _found(workspace, invitation)
    try:
        return _invite(request, workspace, old.email, Role(old.role))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("knowledge:people", workspace.slug)


@require_POST
@for_managers
def invitation_revoke(
    request: MemberRequest, workspace: Workspace, invitation: str
) -> HttpResponse:
    """Make a link worthless."""
    found = _found(workspace, invitation)
    invitations.revoke(found)
    note("invitation.revoke", workspace, request=request, email=found.email)
    messages.success(request, f"The invitation of {found.email} is revoked.")
    return redirect("knowledge:people", workspace.slug)


def for_bearers(view: OpenedView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Give a view the invitation whose link was opened; one page for all that do not hold."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token, invitations.open_invitation(token))
        except InvitationGone:
            response = render(request, "knowledge/people/invitation_gone.html", status=404)
        # with no-referrer browsers would post without their origin, which the CSRF check refuses
        response["Referrer-Policy"] = "strict-origin"
        return response

    return guarded


@for_strangers
@for_bearers
@require_safe
def invitation(request: HttpRequest, token: str, opened: Opened) -> HttpResponse:
    """Ask whoever is signed in whether to join; let others sign in or make an account."""
    joins = opened.invitation.workspace.name
    return _page(request, token, opened, RegistrationForm(email="", joins=joins))


@for_bearers
@require_POST
def invitation_join(request: HttpRequest, token: str, opened: Opened) -> HttpResponse:
    """Join with the account that is signed in."""
    if not isinstance(request.user, User):
        return redirect("knowledge:invitation", token)
    return _joined(request, invitations.accept(token, user=request.user))


@for_bearers
@sensitive_post_parameters()
@require_POST
def invitation_register(request: HttpRequest, token: str, opened: Opened) -> HttpResponse:
    """Make an account and join with it, both or neither."""
    if isinstance(request.user, User) or _has_account(opened) or not by_invitation():
        return redirect("knowledge:invitation", token)
    # only the mail shows that the address is theirs
    email = opened.invitation.email if opened.by_mail else ""
    form = RegistrationForm(request.POST, email=email, joins=opened.invitation.workspace.name)
    if form.is_valid():
        user = register(
            form,
            alongside=lambda made: invitations.accept(token, user=made),
            request=request,
        )
        if user is not None:
            return _welcomed(request, user, opened.invitation.workspace)
    return _page(request, token, opened, form)


def _invite(request: MemberRequest, workspace: Workspace, email: str, role: Role) -> HttpResponse:
    """The page with the link, which is shown this once."""
    made, secrets = invitations.invite(workspace=workspace, email=email, role=role, by=request.user)
    note("invitation.send", workspace, request=request, email=email, role=role)
    problem = ""
    try:
        mail.send_invitation(made, url=_link(request, secrets.mailed))
    except mail.NotSent as error:
        problem = str(error)
    link = _link(request, secrets.passed_on)
    return people_page(request, workspace, invited=made, link=link, mail_problem=problem)


def _link(request: HttpRequest, token: str) -> str:
    return urljoin(site_url(request), reverse("knowledge:invitation", args=[token]))


def _found(workspace: Workspace, invitation_id: str) -> Invitation:
    try:
        return Invitation.objects.get(pk=invitation_id, workspace_id=workspace.pk)
    except (Invitation.DoesNotExist, ValidationError) as error:
        raise Http404("no such invitation") from error


def _page(request: HttpRequest, token: str, opened: Opened, form: RegistrationForm) -> HttpResponse:
    context = {
        "token": token,
        "invitation": opened.invitation,
        "by_mail": opened.by_mail,
        "has_account": _has_account(opened),
        "may_register": by_invitation(),
        "role_now": role_of(request.user, opened.invitation.workspace),
        "form": form,
    }
    return render(request, "knowledge/people/invitation.html", context)


def _has_account(opened: Opened) -> bool:
    """Told only to whoever has read the mailbox: the inviter must not learn it by the link."""
    key = identity_key(opened.invitation.email)
    return opened.by_mail and User.objects.filter(email_key=key).exists()


def _joined(request: HttpRequest, workspace: Workspace) -> HttpResponse:
    _say_joined(request, workspace)
    return redirect("knowledge:search", workspace.slug)


def _welcomed(request: HttpRequest, user: User, workspace: Workspace) -> HttpResponse:
    """Joined, and signed in with the account that was just made."""
    response = welcome(request, user, to=workspace.get_absolute_url())
    _say_joined(request, workspace)
    return response


def _say_joined(request: HttpRequest, workspace: Workspace) -> None:
    note("invitation.accept", workspace, request=request)
    messages.success(request, f"You are a member of “{workspace.name}” now.")
