"""Making one's own account, where somebody else has vouched for it; not for everyone."""

import copy
from collections.abc import Callable
from typing import Any

from django.contrib.auth.forms import BaseUserCreationForm
from django.db import IntegrityError

from accounts.forms import PersonForm, new_password_fields
from accounts.models import User
from kbsite import mongo


class RegistrationForm(PersonForm, BaseUserCreationForm):  # type: ignore[type-arg]
    """A name and a password; the e-mail is the caller's, who has seen that it is theirs."""

    password1, password2 = new_password_fields("Password")

    class Meta(PersonForm.Meta):
        fields = ("username",)  # type: ignore[assignment]

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.email = email


def register(form: RegistrationForm, *, alongside: Callable[[User], object]) -> User | None:
    """Store the account of a valid form together with what `alongside` writes: both or neither.

    None, with an error in the form, where somebody took the name or the e-mail meanwhile.
    """
    hashed = form.save(commit=False)

    def store() -> User:
        user: User = copy.copy(hashed)  # stored anew by each attempt of the transaction
        user.save(force_insert=True)
        alongside(user)
        return user

    try:
        return mongo.in_transaction(store)
    except IntegrityError as error:
        taken = "e-mail address" if "email_key" in str(error.__cause__) else "user name"
        form.add_error(None, f"Somebody has taken this {taken} meanwhile. Nothing was stored.")
        return None
