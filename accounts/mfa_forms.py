"""The forms that take codes: at sign-in, and to set the second step up."""

from typing import Any, Final

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts import mfa
from accounts.confirming_identity import CheckedForm, CodeField, ConfirmingForm, errors_in
from accounts.models import User
from accounts.recovery_codes import RecoveryCodes
from accounts.second_factor import verify_second_factor

NUMERIC: Final = {"inputmode": "numeric"}
FIRST: Final = {"autofocus": "autofocus"}


class SecondStepForm(CheckedForm):
    """The code that completes signing in."""

    code = CodeField(label="Code", attrs={**NUMERIC, **FIRST})

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        if code := self.cleaned_data.get("code"):
            with errors_in(self):
                verify_second_factor(self.user, code, self.request)
        return self.cleaned_data


class RecoveryStepForm(SecondStepForm):
    """The same with a recovery code."""

    code = CodeField(label="Recovery code", attrs={"autocomplete": "off", **FIRST})


class SetUpForm(ConfirmingForm):
    """The first code that the app shows, with the password; `codes` are there when it is on."""

    first_code = CodeField(label="Code that the app shows now", attrs=NUMERIC)
    codes: RecoveryCodes | None = None

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors:
            with errors_in(self, code="first_code"):
                self.codes = mfa.turn_on(self.user, given["first_code"], request=self.request)
        return given
