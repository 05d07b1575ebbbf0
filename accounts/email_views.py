"""The pages about one's e-mail address: change it, and confirm one by its mailed link."""

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import email_addresses
from accounts.email_addresses import AddressTaken, LinkGone
from accounts.email_form import EmailForm
from accounts.middleware import for_strangers
from accounts.models import User
from accounts.outbox import can_send_mail
from accounts.throttling import TooMany, say_too_many


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: HttpRequest) -> HttpResponse:
    """Ask for another address, which counts once its link was opened."""
    form = EmailForm(request, request.POST or None)
    if not can_send_mail() or not form.is_valid():
        return say_too_many(_change_page(request, form), form.too_many)
    user, address = cast("User", request.user), form.cleaned_data["email"]
    try:
        email_addresses.ask_to_confirm(user, address, request=request)
    except TooMany as error:
        form.add_error("email", str(error))
        return say_too_many(_change_page(request, form), error)
    messages.success(request, f"A mail is on its way to {address}. Open the link in it.")
    return redirect("accounts:security")


@for_strangers
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address; not by opening the link alone, which programs do that read mail."""
    try:
        response = _confirm(request, token)
    except LinkGone:
        response = render(request, "accounts/email/gone.html", status=HTTPStatus.NOT_FOUND)
    except AddressTaken:
        response = render(request, "accounts/email/taken.html", status=HTTPStatus.CONFLICT)
    # with no-referrer browsers would post without their origin, which the CSRF check refuses
    response["Referrer-Policy"] = "strict-origin"
    return response


def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    if request.method != "POST":
        person = email_addresses.awaited_by(token)
        return render(request, "accounts/email/confirm.html", {"person": person})
    user = email_addresses.confirm(token, request=request)
    messages.success(request, f"{user.email} is confirmed.")
    return redirect("accounts:security")


def _change_page(request: HttpRequest, form: EmailForm) -> HttpResponse:
    context = {"form": form, "can_send_mail": can_send_mail()}
    return render(request, "accounts/email/change.html", context)
