"""Who gets past the address of a page: one decorator for each kind of person.

A view behind a door is given the workspace that its address names and finds the person's rights
on the request. Whoever may not pass gets the same 404 as for a workspace that does not exist;
visitors, whom an account may help, are asked to sign in where they may read the workspace, and
members whom only a missing second factor keeps out are told so.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from knowledge.access import Rights, kept_from, rights_in
from knowledge.models import Workspace

Parts = ParamSpec("Parts")


class PersonRequest(HttpRequest):
    """A request after the middleware and one of the doors; `user` may be anonymous."""

    htmx: HtmxDetails
    rights: Rights


class MemberRequest(PersonRequest):
    """A request from somebody who is signed in."""

    user: User


View = Callable[Concatenate[PersonRequest, Workspace, Parts], HttpResponseBase]
MemberView = Callable[Concatenate[MemberRequest, Workspace, Parts], HttpResponseBase]
Guarded = Callable[..., HttpResponseBase]


def for_readers(view: View[Parts]) -> Guarded:
    """Anybody who may read something in the workspace."""

    @wraps(view)
    def guarded(
        request: PersonRequest, workspace: str, *args: Parts.args, **parts: Parts.kwargs
    ) -> HttpResponseBase:
        space = _find(request, workspace)
        if request.rights.scope.grants:
            return view(request, space, *args, **parts)
        return _refuse(request, space)

    return guarded


def for_members(view: MemberView[Parts]) -> Guarded:
    """Anybody who may read it and is signed in."""
    return _guarded(view, lambda request: request.user.is_authenticated)


def for_its_people(view: MemberView[Parts]) -> Guarded:
    """Those who have a role in the workspace, whatever it is."""
    return _guarded(view, lambda request: request.rights.role is not None)


def for_editors(view: MemberView[Parts]) -> Guarded:
    """Those who may write in the workspace."""
    return _guarded(view, lambda request: request.rights.edit)


def for_writers(view: MemberView[Parts]) -> Guarded:
    """Those who may write in the workspace, or might if it were not archived."""
    return _guarded(view, lambda request: request.rights.writer)


def for_managers(view: MemberView[Parts]) -> Guarded:
    """Those who may change the workspace itself and its people."""
    return _guarded(view, lambda request: request.rights.manage)


def for_owners(view: MemberView[Parts]) -> Guarded:
    """Those who may give the workspace away or end it."""
    return _guarded(view, lambda request: request.rights.own)


def _guarded(view: MemberView[Parts], may_pass: Callable[[MemberRequest], bool]) -> Guarded:
    @wraps(view)
    def guarded(
        request: MemberRequest, workspace: str, *args: Parts.args, **parts: Parts.kwargs
    ) -> HttpResponseBase:
        space = _find(request, workspace)
        if request.rights.scope.grants and may_pass(request):
            return view(request, space, *args, **parts)
        return _refuse(request, space)

    return guarded


def _find(request: PersonRequest, slug: str) -> Workspace:
    """The workspace, whoever asks; their rights in it are put on the request."""
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None:
        raise Http404("no such workspace")
    request.rights = rights_in(request.user, workspace)
    return workspace


def _refuse(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    if kept_from(request.user, workspace):
        return _second_factor_first(request, workspace)
    if request.user.is_authenticated or not request.rights.scope.grants:
        raise Http404("not for this person")
    return _sign_in(request, workspace)


def _second_factor_first(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    """Say what is missing; what they typed in an open page stays there."""
    if request.htmx:
        return render(request, "knowledge/editor/_second_factor_first.html")
    context = {"kept": workspace}
    return render(request, "knowledge/second_factor_first.html", context, status=403)


def _sign_in(request: PersonRequest, workspace: Workspace) -> HttpResponse:
    if request.htmx:
        return render(request, "knowledge/editor/_signed_out.html")
    address = request.get_full_path()
    if request.method not in ("GET", "HEAD"):
        address = reverse("knowledge:search", args=[workspace.slug])
    return redirect_to_login(address)
