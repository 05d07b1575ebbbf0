"""The forms that take passwords, names and e-mails, on the site's pages and in the admin panel."""

from typing import Any, Final, cast

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    UsernameField,
)
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.views.decorators.debug import sensitive_variables

from accounts.backends import MAX_IDENTITY
from accounts.identity import identity_key
from accounts.models import User
from accounts.policy import MAX_LENGTH, demands
from accounts.signing_in import InvalidCredentials, Unconfirmed, check_credentials
from accounts.throttling import TooMany

# the server says how each rule stands; only these fields are sent for it
LIVE_RULES: Final = {
    "hx-post": reverse_lazy("accounts:password_rules"),
    "hx-trigger": "input changed delay:300ms",
    "hx-params": "new_password1,password1,username,email,joins",
    "hx-target": "#password-rules",
    "hx-swap": "outerHTML",
    "hx-sync": "this:replace",
}


class PasswordField(forms.CharField):
    """A password exactly as it was typed: not trimmed, and any character may stand in it."""

    def __init__(self, *, autocomplete: str, live: bool = False, **kwargs: Any) -> None:
        attrs = {"autocomplete": autocomplete, **(LIVE_RULES if live else {})}
        super().__init__(strip=False, widget=forms.PasswordInput(attrs=attrs), **kwargs)
        self.validators = [
            each
            for each in self.validators
            if not isinstance(each, ProhibitNullCharactersValidator)
        ]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without `maxlength`, by which browsers cut off what is pasted, and say nothing."""
        return {}


def new_password_fields(label: str) -> tuple[PasswordField, PasswordField]:
    """The new password, with the rules as its help, and the same once more."""
    return (
        PasswordField(
            label=label,
            autocomplete="new-password",
            live=True,
            max_length=MAX_LENGTH,
            help_text=lazy(rules_help, str)(),
        ),
        PasswordField(label=f"{label}, once more", autocomplete="new-password"),
    )


def rules_help(user: User | None = None) -> str:
    """The list of the rules for this person's password, which `rules_views` brings up to date."""
    return render_to_string("accounts/_rules.html", {"demands": demands("", user)})


class SignInForm(AuthenticationForm):
    """User name or e-mail, and password; one message for whatever is wrong with them."""

    username = UsernameField(
        label="User name or e-mail",
        max_length=MAX_IDENTITY,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    password = PasswordField(label="Password", autocomplete="current-password")
    too_many: TooMany | None = None
    unconfirmed: User | None = None

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        # the parent cuts the field down to the length of a user name
        username = cast("UsernameField", self.fields["username"])
        username.max_length = username.widget.attrs["maxlength"] = MAX_IDENTITY

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Find whose they are; `too_many` is set where that was not even tried, and
        `unconfirmed` where whoever it is has an e-mail address to confirm first.
        """
        identity, password = map(self.cleaned_data.get, ("username", "password"))
        if identity and password and self.request:
            try:
                self.user_cache = check_credentials(
                    self.request, identity=identity, password=password
                )
            except InvalidCredentials as error:
                self.unconfirmed = error.user if isinstance(error, Unconfirmed) else None
                raise ValidationError(str(error), code="invalid_login") from error
            except TooMany as error:
                self.too_many = error
                raise ValidationError(str(error), code="too_many") from error
        return self.cleaned_data


class PersonForm(forms.ModelForm[User]):
    """Who somebody is; names and e-mails are unique whatever their case.

    The unique indexes decide; the look-up here puts their answer next to the field.
    """

    class Meta:
        model = User
        fields = ("username", "email", "first_name", "last_name")
        field_classes = {"username": UsernameField}

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if self._others().filter(username_key=identity_key(username)).exists():
            raise ValidationError("Somebody already has this user name.", code="unique")
        return username

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email and self._others().filter(email_key=identity_key(email)).exists():
            raise ValidationError("Somebody already has this e-mail address.", code="unique")
        return email

    def _others(self) -> QuerySet[User]:
        return User.objects.exclude(pk=self.instance.pk)


class NewPersonForm(PersonForm, BaseUserCreationForm):  # type: ignore[type-arg]
    """A new user with a first password, known to whoever typed it: so it is to be changed."""

    password1, password2 = new_password_fields("Password")
    must_change_password = forms.BooleanField(
        label="Must change the password at first sign-in", required=False, initial=True
    )

    class Meta(PersonForm.Meta):
        fields = ("username", "email", "must_change_password", "is_superuser")


class InviteForm(PersonForm):
    """A new user who chooses the password by a mailed link, and so needs an address."""

    class Meta(PersonForm.Meta):
        fields = ("username", "email", "is_superuser")  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
