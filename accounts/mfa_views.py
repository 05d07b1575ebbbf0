"""The pages of the second step: at sign-in, set up, recovery codes, and off."""

from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import mfa, recovery_codes
from accounts.confirming_identity import CheckedForm, ConfirmingForm
from accounts.holding import must_have_mfa
from accounts.mfa_forms import RecoveryStepForm, SecondStepForm, SetUpForm
from accounts.models import User
from accounts.recovery_codes import RenewedMeanwhile
from accounts.sessions import HALF
from accounts.signing_in import half_user, welcome

QR_MARGIN = 2  # modules of white around it, besides the page's own


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Complete signing in with a code of the app, or with a recovery code."""
    user = half_user(request)
    if user is None:
        return _start_over(request)
    recovery = "recovery" in request.GET
    make = RecoveryStepForm if recovery else SecondStepForm
    form = make(request, user, request.POST or None)
    if form.is_valid():
        return welcome(request, user, to=request.session[HALF]["to"])
    return _page(request, "second_step", form, recovery=recovery, signing_in=True)


@never_cache
@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Whether the second step is on, and what can be done about it."""
    user = cast("User", request.user)
    context = {"left": recovery_codes.left(user), "required": must_have_mfa(user)}
    return render(request, "accounts/mfa/overview.html", context)


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret, and turn it on by its first code; then the recovery codes, once."""
    user = cast("User", request.user)
    if user.has_mfa:
        return redirect("accounts:mfa")
    form = SetUpForm(request, request.POST or None)
    if form.is_valid() and form.codes:
        request.session.cycle_key()
        return _codes_page(request, form.codes.texts, just_on=True)
    secret = mfa.secret_to_show(user, request=request)
    return _page(
        request,
        "set_up",
        form,
        required=must_have_mfa(user),
        qr=_qr(mfa.address(user, secret)),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Make ten new recovery codes, and show them once."""
    user = cast("User", request.user)
    if not user.has_mfa:
        return redirect("accounts:mfa")
    form = ConfirmingForm(request, request.POST or None)
    if form.is_valid():
        try:
            return _codes_page(request, recovery_codes.renew(user, request=request).texts)
        except RenewedMeanwhile:
            messages.error(request, "They were renewed elsewhere meanwhile, and not by this form.")
            return redirect("accounts:mfa")
    return _page(request, "renew_codes", form, left=recovery_codes.left(user))


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def turn_off(request: HttpRequest) -> HttpResponse:
    """Ask for the password only from now on."""
    user = cast("User", request.user)
    if not user.has_mfa:
        return redirect("accounts:mfa")
    form = ConfirmingForm(request, request.POST or None)
    if form.is_valid():
        mfa.turn_off(user, request=request)
        messages.success(request, "The second step is off. Your password alone signs you in.")
        return redirect("accounts:mfa")
    return _page(request, "turn_off", form, required=must_have_mfa(user))


def _start_over(request: HttpRequest) -> HttpResponse:
    """Nobody is between the two steps here: too late, or signed in already."""
    if HALF in request.session:
        request.session.flush()
    if request.user.is_authenticated:
        return redirect("home")
    if request.method == "POST":
        messages.error(request, "That took too long: sign in again.")
    return redirect("accounts:login")


def _page(request: HttpRequest, name: str, form: CheckedForm, **context: Any) -> HttpResponse:
    response = render(request, f"accounts/mfa/{name}.html", {"form": form, **context})
    if form.too_many:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response["Retry-After"] = str(form.too_many.wait)
    return response


@sensitive_variables()
def _codes_page(
    request: HttpRequest, codes: tuple[str, ...], *, just_on: bool = False
) -> HttpResponse:
    text = f"{settings.KB_SITE_NAME}: recovery codes\n\n" + "\n".join(codes) + "\n"
    download = f"data:text/plain;charset=utf-8,{quote(text)}"
    context = {"codes": codes, "just_on": just_on, "download": download}
    return render(request, "accounts/mfa/recovery_codes.html", context)


@sensitive_variables()
def _qr(address: str) -> SafeString:
    """The QR code as inline SVG, without style attributes, which the CSP would refuse."""
    import segno  # here: it would be a twentieth of every start

    svg = segno.make_qr(address, error="m").svg_inline(
        border=QR_MARGIN, svgclass="qr__image", lineclass="qr__dots", omitsize=True
    )
    return mark_safe(svg)  # noqa: S308 - segno's own, of numbers only
