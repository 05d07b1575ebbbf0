"""The pages to sign in, sign out and change one's password."""

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.forms import SignInForm
from accounts.middleware import for_strangers
from accounts.models import PasswordConflict, User
from accounts.password_forms import ChangePasswordForm
from accounts.registration_views import ask_for_confirmation
from accounts.signing_in import go_on, keep_only_this_session
from accounts.throttling import say_too_many


@method_decorator(for_strangers, name="dispatch")
class SignIn(LoginView):
    """Sign in, and go on to `next` where that is an address of this site."""

    authentication_form = SignInForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        url = super().get_redirect_url()
        # coming back here would go round in circles
        return "" if urlsplit(url).path == self.request.path else url

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return go_on(self.request, cast("User", form.get_user()), to=self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        checked = cast("SignInForm", form)
        if checked.unconfirmed:
            return ask_for_confirmation(self.request, checked.unconfirmed)
        return say_too_many(super().form_invalid(form), checked.too_many)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # the parent calls the host "site_name"; the page's header shows the site's own
        return super().get_context_data(**kwargs) | {"site_name": settings.KB_SITE_NAME}


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, here and on the server."""
    user = request.user
    logout(request)
    if user.is_authenticated:
        audit.record("session.end", by=user, on=cast("User", user), request=request)
    return redirect("home")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def password_change(request: HttpRequest) -> HttpResponse:
    """Change one's own password, which ends one's other sessions."""
    form = ChangePasswordForm(request, request.POST or None)
    if form.is_valid() and _saved(form):
        keep_only_this_session(request, form.user)
        messages.success(request, "Your password is changed. Other devices were signed out.")
        return redirect("home")
    page = render(request, "accounts/password_change.html", {"form": form})
    return say_too_many(page, form.too_many)


def _saved(form: ChangePasswordForm) -> bool:
    try:
        form.save()
    except PasswordConflict:
        form.add_error(None, "Your password was changed elsewhere meanwhile, and not by this form.")
        return False
    return True
