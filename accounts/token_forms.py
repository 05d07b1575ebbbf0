"""The form that makes a personal API token."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from accounts import api_tokens
from accounts.api_tokens import MAX_DAYS, TooManyTokens
from accounts.confirming_identity import ConfirmingForm
from accounts.models import ApiToken

LASTS: Final = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (MAX_DAYS, "One year"))


class TokenForm(ConfirmingForm):
    """A name, what the token may do, and for how long; `secret` is there once it is made."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="What uses it, so that you know it later."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
        help_text="Only where you may do so yourself.",
    )
    days = forms.TypedChoiceField(
        label="It works for", choices=LASTS, coerce=int, initial=90, help_text="From now on."
    )
    secret = ""

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors:
            wanted = {name: given[name] for name in ("name", "scopes", "days")}
            try:
                _, self.secret = api_tokens.make(self.user, request=self.request, **wanted)
            except TooManyTokens as error:
                raise ValidationError(str(error)) from error
        return given
