"""The form that asks for another e-mail address."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.confirming_identity import ConfirmingForm


class EmailForm(ConfirmingForm):
    """The new address; whether somebody else has it is not told here (R4)."""

    email = forms.EmailField(
        label="New e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not self.user.email_verified_at:  # then this may be the one to confirm
            self.initial["email"] = self.user.email

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if email == self.user.email and self.user.email_verified_at:
            raise ValidationError("This is your address already, and it is confirmed.")
        return email
