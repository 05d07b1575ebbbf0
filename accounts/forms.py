"""The forms that take passwords, names and e-mails, on the site's pages and in the admin panel."""

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    UsernameField,
)
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.backends import MAX_IDENTITY
from accounts.identity import identity_key
from accounts.models import User

MAX_PASSWORD = 4096  # characters; a bound for the checks, far above any real password


class PasswordField(forms.CharField):
    """A password exactly as it was typed: not trimmed, and any character may stand in it."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, widget=widget, **kwargs)
        self.validators = [
            each
            for each in self.validators
            if not isinstance(each, ProhibitNullCharactersValidator)
        ]


def new_password_fields(label: str) -> tuple[PasswordField, PasswordField]:
    """The new password, with the rules as its help, and the same once more."""
    return (
        PasswordField(
            label=label,
            autocomplete="new-password",
            max_length=MAX_PASSWORD,
            help_text=password_validators_help_text_html(),
        ),
        PasswordField(label=f"{label}, once more", autocomplete="new-password"),
    )


class SignInForm(AuthenticationForm):
    """User name or e-mail, and password; one message for whatever is wrong with them."""

    username = UsernameField(
        label="User name or e-mail",
        max_length=MAX_IDENTITY,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    password = PasswordField(label="Password", autocomplete="current-password")
    error_messages = {"invalid_login": "The name or the password is not right."}

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        # the parent cuts the field down to the length of a user name
        username = cast("UsernameField", self.fields["username"])
        username.max_length = username.widget.attrs["maxlength"] = MAX_IDENTITY


class ChangePasswordForm(PasswordChangeForm):
    """The current password, and a new one that obeys the policy and was not used before."""

    error_messages = {
        "password_mismatch": "The two new passwords are not the same.",
        "password_incorrect": "This is not your current password.",
    }
    old_password = PasswordField(label="Current password", autocomplete="current-password")
    new_password1, new_password2 = new_password_fields("New password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["old_password"].widget.attrs["autofocus"] = True
        self.seen_hash = user.password

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        old_password: str = self.cleaned_data["old_password"]
        # not user.check_password: upgrading the hash here would end this session
        if not check_password(old_password, self.seen_hash):
            raise ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return old_password

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        # without the current password nobody learns which passwords were used before
        if "old_password" in self.cleaned_data:
            super().validate_password_for_user(user, "new_password1")

    def set_password_and_save(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        """Store the new password; raises `PasswordConflict` when another change came first."""
        encoded = make_password(self.cleaned_data["new_password1"])
        user.replace_hash(encoded, seen=self.seen_hash)
        return user


class SetPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """An admin gives somebody a password, which that person then has to change."""

    password1, password2 = new_password_fields("Password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        # whoever may not sign in is made inactive; there is no other way in than a password
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True
        self.seen_hash = user.password

    def set_password_and_save(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        """Store the new password; raises `PasswordConflict` when another change came first."""
        encoded = make_password(self.cleaned_data["password1"])
        user.replace_hash(encoded, seen=self.seen_hash, must_change=True)
        return user


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
