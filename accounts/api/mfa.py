"""The API: set up the second step of signing in. Giving its code at sign-in is `signing_in`."""

from typing import Any, Final

from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import mfa
from accounts.api.doors import PersonDoor, sent
from accounts.api.fields import CodeField, PasswordField
from accounts.api.problems import Refusal
from accounts.api.signing_in import TAG
from accounts.confirming_identity import confirm_password
from accounts.holding import Held
from accounts.mfa import WrongCode
from kbsite.api.operation import OF_A_BODY, operation

ALREADY_ON: Final = "The second step is on already. It is turned off on the site, not here."
IT_IS_ON: Final = {409: ALREADY_ON}


class SecretData(serializers.Serializer[dict[str, str]]):
    """What an authenticator app needs."""

    secret = serializers.CharField(help_text="In base32, to be typed.")
    otpauth_url = serializers.CharField(help_text="To be shown as a QR code.")


class FirstCode(serializers.Serializer[dict[str, str]]):
    """What the app shows now, and the password once more."""

    code = CodeField(help_text="Six digits.")
    current_password = PasswordField()


class RecoveryCodeList(serializers.Serializer[dict[str, Any]]):
    """Codes that each stand in for the app once; they are not shown again."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class MfaDoor(PersonDoor):
    """Open to whoever has to set a second step up; of no use once there is one."""

    ends = frozenset({Held.NO_SECOND_FACTOR})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and self.person.has_mfa:
            raise Refusal(409, ALREADY_ON)


class MfaSetupView(MfaDoor):
    """Begins."""

    @operation(
        "mfa_setup",
        "Begin to set up the second step",
        tag=TAG,
        returns={200: SecretData},
        refusals=(401, 409),
        words=IT_IS_ON,
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Get the secret for your app. Nothing changes before `mfa/verify` has seen its code."""
        secret = mfa.secret_to_show(self.person, request=request)
        address = mfa.address(self.person, secret)
        return Response(SecretData({"secret": secret, "otpauth_url": address}).data)


class MfaVerifyView(MfaDoor):
    """Completes."""

    @operation(
        "mfa_verify",
        "Turn the second step on",
        tag=TAG,
        body=FirstCode,
        returns={200: RecoveryCodeList},
        refusals=(*OF_A_BODY, 401, 409, 429),
        words=IT_IS_ON | {401: "You are not signed in, or this is not your current password."},
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Send the app's code: signing in takes one from now on, and other sessions end.

        The recovery codes are in the response, and are not shown again.
        """
        given = sent(FirstCode, request)
        confirm_password(request, self.person, password=given["current_password"])
        try:
            codes = mfa.turn_on(self.person, given["code"], request=request)
        except WrongCode as error:
            raise ValidationError({"code": [str(error)]}) from None
        return Response(RecoveryCodeList({"recovery_codes": list(codes.texts)}).data)
