"""The page to make an account, and the one that waits for its e-mail address to be confirmed.

Whoever was invited makes theirs on the invitation's page.
"""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import email_addresses, registration
from accounts.middleware import for_strangers
from accounts.models import User
from accounts.registration import OpenRegistrationForm
from accounts.throttling import TooMany, say_too_many

UNCONFIRMED: Final = "unconfirmed"
"""In a session's data: the account whose mail can be sent again from here."""


@for_strangers
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Make an account, where anybody may; else say how one gets one."""
    if request.user.is_authenticated:
        return redirect("home")
    if not registration.is_open():
        context = {"by_invitation": registration.by_invitation()}
        return render(request, "accounts/register_closed.html", context)
    form = OpenRegistrationForm(request.POST or None)
    try:
        user = _registered(request, form)
    except TooMany as error:
        form.add_error(None, str(error))
        return say_too_many(_register_page(request, form), error)
    return ask_for_confirmation(request, user) if user else _register_page(request, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def registered(request: HttpRequest) -> HttpResponse:
    """Wait for the address to be confirmed; a POST sends the mail again."""
    pk = request.session.get(UNCONFIRMED)
    user = User.objects.filter(pk=pk).exclude(unconfirmed_until=None).first() if pk else None
    if user is None:
        return redirect("accounts:login")
    page = render(request, "accounts/registered.html", {"person": user})
    if request.method != "POST":
        return page
    try:
        email_addresses.count_mail(user.email_pending)
    except TooMany as error:
        context = {"person": user, "problem": str(error)}
        return say_too_many(render(request, "accounts/registered.html", context), error)
    email_addresses.post_link(user, request=request)
    messages.success(request, "The mail is on its way again.")
    return redirect("accounts:registered")


def ask_for_confirmation(request: HttpRequest, user: User) -> HttpResponse:
    """To the page that says what to do, for whoever has given the account's password."""
    request.session.cycle_key()
    request.session[UNCONFIRMED] = str(user.pk)
    return redirect("accounts:registered")


def _registered(request: HttpRequest, form: OpenRegistrationForm) -> User | None:
    if request.method == "POST":
        registration.count_try(request)
    if not form.is_valid():
        return None
    return registration.register_openly(form, request=request)


def _register_page(request: HttpRequest, form: OpenRegistrationForm) -> HttpResponse:
    context = {"form": form, "invitation_days": settings.INVITATION_DAYS}
    return render(request, "accounts/register.html", context)
