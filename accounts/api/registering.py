"""The API: make an account, where the site lets anybody; invitations are taken up on their page."""

from typing import Any, Final

from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import registration
from accounts.api.doors import StrangerDoor, sent
from accounts.api.fields import IdentityField, NewPasswordField
from accounts.api.problems import Refusal
from accounts.api.signing_in import TAG
from accounts.registration import OpenRegistrationForm
from kbsite.api.operation import NOBODY, OF_A_BODY, operation
from kbsite.api.problems import FIELDS, OF_THE_WHOLE

CLOSED: Final = "On this site nobody makes an account for themselves. Ask an administrator for one."
BY_INVITATION: Final = "Accounts are made by invitation here: open the link in the mail."
NEXT: Final = "Open the link in the mail that is on its way; then you can sign in."
PASSWORDS: Final = ("password1", "password2")
NAMES: Final = {**dict.fromkeys(PASSWORDS, "password"), "__all__": OF_THE_WHOLE}
"""The API's fields by those of the form."""


class Registration(serializers.Serializer[dict[str, str]]):
    """Who you want to be."""

    username = IdentityField(help_text="Letters, digits and . + - _")
    email = IdentityField()
    password = NewPasswordField()


class Registered(serializers.Serializer[dict[str, str]]):
    """An account that waits for its e-mail address to be confirmed."""

    username = serializers.CharField()
    detail = serializers.CharField(help_text="What to do next.")


class RegisterView(StrangerDoor):
    """Accounts for everyone."""

    @operation(
        "register",
        "Make an account",
        tag=TAG,
        body=Registration,
        returns={202: Registered},
        refusals=(*OF_A_BODY, 403, 409, 429),
        words={
            403: "Not on this site, or the request was sent by a page of another one.",
            409: "Somebody has this user name.",
        },
        auth=NOBODY,
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Make an account, which can sign in once its e-mail address is confirmed.

        Whether somebody has the address already is not said here: its owner gets a mail.
        """
        if not registration.is_open():
            raise PermissionDenied(BY_INVITATION if registration.by_invitation() else CLOSED)
        given = sent(Registration, request)
        registration.count_try(request)
        form = OpenRegistrationForm(given | dict.fromkeys(PASSWORDS, given["password"]))
        user = registration.register_openly(form, request=request) if form.is_valid() else None
        if user is None:
            raise _refusal(form)
        return Response(Registered({"username": user.username, "detail": NEXT}).data, status=202)


def _refusal(form: OpenRegistrationForm) -> Exception:
    """409 where somebody has the name, else 400; with all that is wrong, by the API's fields."""
    errors: dict[str, list[Any]] = {}
    for field, sentences in form.errors.items():
        errors.setdefault(NAMES.get(field, field), []).extend(sentences)
    if form.has_error("username", "unique"):
        return Refusal(409, FIELDS, errors=errors)
    return ValidationError(errors)
