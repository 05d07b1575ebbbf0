"""Making one's own account: with an invitation, or, where the site is open, with an e-mail address.

An account that anybody could make gets no further than `unconfirmed_until` before its address is
confirmed (`email_addresses.py`): nobody signs in to it, and then MongoDB removes it. What a
registration stores and answers is the same whether its address has an account or not (R4).
"""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit, email_addresses
from accounts.forms import PersonForm, new_password_fields
from accounts.models import User
from accounts.outbox import can_send_mail
from accounts.throttling import DAY, HOUR, MINUTE, Rule, count
from accounts.visits import Visit
from kbsite import mongo

UNCONFIRMED_LASTS: Final = timedelta(days=7)
TRIES: Final = Rule("register", ((20, 5 * MINUTE), (100, HOUR)))
MADE: Final = Rule("registered", ((20, HOUR), (100, DAY)))


class RegistrationForm(PersonForm, BaseUserCreationForm):  # type: ignore[type-arg]
    """A name and a password; the e-mail is the caller's, who has seen that it is theirs.

    `joins` names what they are invited to, which then makes no password.
    """

    password1, password2 = new_password_fields("Password")

    class Meta(PersonForm.Meta):
        fields = ("username",)  # type: ignore[assignment]

    def __init__(self, *args: Any, email: str, joins: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.email, self.instance.joins = email, joins
        self.instance.email_verified_at = timezone.now() if email else None


class OpenRegistrationForm(PersonForm, BaseUserCreationForm):  # type: ignore[type-arg]
    """A name, an e-mail that waits to be confirmed, and a password; for everyone."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password1, password2 = new_password_fields("Password")

    class Meta(PersonForm.Meta):
        fields = ("username", "email")  # type: ignore[assignment]

    def clean_email(self) -> str:
        # whether somebody has it is not told here (R4)
        return str(self.cleaned_data["email"])

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        user.email_pending, user.email = user.email, ""
        user.unconfirmed_until = timezone.now() + UNCONFIRMED_LASTS
        if commit:
            user.save(force_insert=True)
        return user


def is_open() -> bool:
    """Whether anybody may make an account; for that the site must be able to send mail."""
    return settings.REGISTRATION == "open" and can_send_mail()


def by_invitation() -> bool:
    """Whether whoever is invited may make one."""
    return settings.REGISTRATION != "closed"


def count_try(request: HttpRequest) -> None:
    """Count that somebody asks whether a name is free. Raises `TooMany`."""
    _count(TRIES, request)


def register_openly(form: OpenRegistrationForm, *, request: HttpRequest) -> User | None:
    """Store the account of a valid form, and mail the link to its address: both or neither.

    None, with an error in the form, where somebody took the name meanwhile. Raises `TooMany`.
    """
    _count(MADE, request)
    email_addresses.count_mail(form.cleaned_data["email"])
    return register(
        form,
        alongside=lambda user: email_addresses.post_link(user, request=request),
        request=request,
    )


def register(
    form: RegistrationForm | OpenRegistrationForm,
    *,
    alongside: Callable[[User], object],
    request: HttpRequest | None = None,
) -> User | None:
    """Store the account of a valid form together with what `alongside` writes: both or neither.

    None, with an error in the form, where somebody took the name or the e-mail meanwhile.
    """
    hashed = form.save(commit=False)

    def store() -> User:
        user: User = copy.copy(hashed)  # stored anew by each attempt of the transaction
        user.save(force_insert=True)
        alongside(user)
        audit.record("user.register", by=user, on=user, request=request)
        return user

    try:
        return mongo.in_transaction(store)
    except IntegrityError as error:
        _say_taken(form, error)
        return None


def _say_taken(form: RegistrationForm | OpenRegistrationForm, error: IntegrityError) -> None:
    field, taken = "username", "user name"
    if "index: email_key" in str(error.__cause__):
        field, taken = "", "e-mail address"
    words = f"Somebody has taken this {taken} meanwhile. Nothing was stored."
    form.add_error(field or None, ValidationError(words, code="unique"))


def _count(rule: Rule, request: HttpRequest) -> None:
    if network := Visit.of(request).network:
        count(rule, network)
