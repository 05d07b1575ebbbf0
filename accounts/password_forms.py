"""The forms by which a password is replaced: one's own, a forgotten one, somebody else's."""

from typing import Any, Final, NoReturn, cast

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, PasswordChangeForm
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.backends import MAX_IDENTITY
from accounts.confirming_identity import WrongPassword, confirm_password
from accounts.forms import PasswordField, new_password_fields, rules_help
from accounts.models import User
from accounts.policy import demands
from accounts.throttling import DAY, MINUTE, Rule, TooMany, count

# each costs a check of the current password, and one of every remembered one
TRIES: Final = Rule("new-password", ((10, 10 * MINUTE), (50, DAY)))


class CountedForm(forms.Form):
    """Looks at a new password a few times only: each is compared with all that are remembered.

    `too_many` is set where that was not even looked at.
    """

    user: User
    tries = TRIES
    too_many: TooMany | None = None

    def count_try(self) -> None:
        try:
            count(self.tries, self.user.pk)
        except TooMany as error:
            self._refuse_for_now(error)

    def _refuse_for_now(self, error: TooMany) -> NoReturn:
        self.too_many = error
        raise ValidationError(str(error), code="too_many") from error


class NewPasswordForm(CountedForm, DjangoSetPasswordForm):  # type: ignore[type-arg]
    """A new password of one's own, that obeys the policy and was not used before."""

    error_messages = {"password_mismatch": "The two new passwords are not the same."}
    new_password1, new_password2 = new_password_fields("New password")
    # another than for changing it: a stolen session must not use up what a mailed link needs (R2)
    tries = Rule("forgotten-password", TRIES.most)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].help_text = rules_help(user)
        self.seen_hash = user.password

    def clean_new_password1(self) -> str:
        self.count_try()
        return str(self.cleaned_data["new_password1"])

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        super().validate_password_for_user(user, "new_password1")

    def set_password_and_save(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        """Store the new password; raises `PasswordConflict` when another change came first."""
        encoded = make_password(self.cleaned_data["new_password1"])
        user.replace_hash(encoded, seen=self.seen_hash)
        return user


class ChangePasswordForm(NewPasswordForm, PasswordChangeForm):
    """The current password too, without which nobody learns which ones were used before."""

    tries = TRIES
    old_password = PasswordField(label="Current password", autocomplete="current-password")
    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(cast("User", request.user), *args, **kwargs)
        self.request = request
        self.fields["old_password"].widget.attrs["autofocus"] = True

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        self.count_try()
        old_password: str = self.cleaned_data["old_password"]
        try:
            confirm_password(self.request, self.user, password=old_password)
        except WrongPassword as error:
            raise ValidationError(str(error), code="password_incorrect") from error
        except TooMany as error:
            self._refuse_for_now(error)
        return old_password

    def clean_new_password1(self) -> str:
        return str(self.cleaned_data["new_password1"])  # counted with the current one

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        """The rules in any case, as one types; but which were used before, to their owner only."""
        if "old_password" in self.cleaned_data:
            return super().validate_password_for_user(user, password_field_name)
        new = self.cleaned_data.get("new_password1", "")
        for demand in demands(new, user) if new else ():
            if demand.broken:
                self.add_error("new_password1", demand.broken)
        return None


class ForgottenPasswordForm(forms.Form):
    """Whose password is forgotten: whatever one signs in with."""

    identity = forms.CharField(
        label="User name or e-mail",
        max_length=MAX_IDENTITY,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )


class SetPasswordForm(CountedForm, AdminPasswordChangeForm):  # type: ignore[type-arg]
    """An admin gives somebody a password, which that person then has to change."""

    password1, password2 = new_password_fields("Password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        # whoever may not sign in is made inactive; there is no other way in than a password
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True
        self.seen_hash = user.password

    def clean_password1(self) -> str:
        self.count_try()
        return str(self.cleaned_data["password1"])

    def set_password_and_save(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        """Store the new password; raises `PasswordConflict` when another change came first."""
        encoded = make_password(self.cleaned_data["password1"])
        user.replace_hash(encoded, seen=self.seen_hash, must_change=True)
        return user
