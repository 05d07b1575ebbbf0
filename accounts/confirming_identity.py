"""Showing once more who one is, before something that a stolen session must not be able to do.

The password, and a code too where the account has a second factor: to turn it off, to change the
e-mail address, to delete the account.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts import audit
from accounts.forms import PasswordField
from accounts.mfa import WrongCode
from accounts.models import User
from accounts.second_factor import verify_second_factor
from accounts.throttling import DAY, HOUR, MINUTE, Rule, TooMany, count, forget

PASSWORDS: Final = Rule("confirm", ((5, 5 * MINUTE), (20, HOUR), (100, DAY)))
PLAIN: Final = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "one-time-code"}


class WrongPassword(Exception):
    """Not the current password."""

    def __init__(self) -> None:
        super().__init__("This is not your current password.")


@sensitive_variables("password", "code")
def confirm_identity(request: HttpRequest, user: User, *, password: str, code: str = "") -> None:
    """Raises `WrongPassword`, `WrongCode`, or `TooMany` without having looked.

    The code is looked at, and used up, only after the right password.
    """
    confirm_password(request, user, password=password)
    if user.has_mfa:
        verify_second_factor(user, code, request)


@sensitive_variables("password")
def confirm_password(request: HttpRequest, user: User, *, password: str) -> None:
    """Raises `WrongPassword`, or `TooMany` without having looked."""
    count(PASSWORDS, user.pk)
    # not user.check_password: upgrading the hash here would end this session
    if not check_password(password, user.password):
        audit.record("identity.confirm", by=user, request=request, outcome=audit.REFUSED)
        raise WrongPassword
    forget(PASSWORDS, user.pk)


class CodeInput(forms.PasswordInput):
    """Shown as it is typed, but like a password never sent back."""

    input_type = "text"


class CodeField(forms.CharField):
    """A code of the app, or a recovery code; `attrs` are the control's."""

    def __init__(self, *, attrs: dict[str, str] | None = None, **kwargs: Any) -> None:
        widget = CodeInput(attrs={**PLAIN, **(attrs or {})})
        super().__init__(max_length=40, widget=widget, **kwargs)


@contextmanager
def errors_in(form: "CheckedForm", *, code: str = "code") -> Iterator[None]:
    """Put what is wrong with a password or a code next to its field of the form."""
    try:
        yield
    except WrongPassword as error:
        form.add_error("current_password", str(error))
    except WrongCode as error:
        form.add_error(code, str(error))
    except TooMany as error:
        form.too_many = error
        form.add_error(None, str(error))


class CheckedForm(forms.Form):
    """A form whose password or code is counted; `too_many` is set where it was not looked at."""

    too_many: TooMany | None = None


class ConfirmingForm(CheckedForm):
    """A form that ends with the password, and with a code where there is a second factor.

    They are looked at when all other fields are right.
    """

    current_password = PasswordField(label="Current password", autocomplete="current-password")
    code = CodeField(
        label="Code", help_text="The six digits that your app shows, or a recovery code."
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, cast("User", request.user)
        if not self.user.has_mfa:
            del self.fields["code"]
        own = [name for name in self.fields if name not in ("current_password", "code")]
        self.order_fields([*own, "current_password", "code"])

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self.errors:
            with errors_in(self):
                confirm_identity(
                    self.request,
                    self.user,
                    password=given["current_password"],
                    code=given.get("code", ""),
                )
        return given
