"""The API: sign in, with the second step where the account has one, and get tokens."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import TokenError

from accounts import refreshing
from accounts.api.access_tokens import AccessToken, MfaToken
from accounts.api.cookies import set_refresh_token
from accounts.api.doors import StrangerDoor, sent
from accounts.api.fields import CodeField, IdentityField, PasswordField
from accounts.devices import remember_device
from accounts.models import Session, User
from accounts.refreshing import InvalidRefresh
from accounts.second_factor import verify_second_factor
from accounts.sessions import find_open, owner_of
from accounts.signing_in import check_credentials
from kbsite.api.fields import TextField
from kbsite.api.operation import NOBODY, OF_A_BODY, operation

TAG: Final = "auth"
BEARER: Final = "Bearer"
OF_A_STRANGER: Final = (*OF_A_BODY, 401, 403, 429)
FOREIGN: Final = {403: "The request was sent by a page of another site."}


class Credentials(serializers.Serializer[dict[str, str]]):
    """Who signs in."""

    username = IdentityField(help_text="User name or e-mail, in any case.")
    password = PasswordField()


class SecondStep(serializers.Serializer[dict[str, str]]):
    """The token that says that the password was right, and a code."""

    mfa_token = TextField(max_length=2_000, write_only=True)
    code = CodeField(help_text="Six digits of the app, or a recovery code.")


class Tokens(serializers.Serializer[dict[str, Any]]):
    """Signed in; the refresh token comes as a cookie."""

    access_token = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    token_type = serializers.ChoiceField(choices=[BEARER])
    expires_in = serializers.IntegerField(help_text="Seconds.")
    requires_mfa = serializers.BooleanField()


class StepMissing(serializers.Serializer[dict[str, Any]]):
    """The password was right; go on at /api/v1/auth/mfa/login."""

    requires_mfa = serializers.BooleanField()
    mfa_token = serializers.CharField(help_text="Opens the second step, once, and nothing else.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


SIGNED_IN = PolymorphicProxySerializer(
    component_name="SignedIn", serializers=[Tokens, StepMissing], resource_type_field_name=None
)


class LoginView(StrangerDoor):
    """The first step."""

    @operation(
        "login",
        "Sign in",
        tag=TAG,
        body=Credentials,
        returns={200: SIGNED_IN},
        refusals=OF_A_STRANGER,
        words={
            401: "Invalid credentials.",
            403: "The e-mail address is not confirmed, or a page of another site sent this.",
        },
        auth=NOBODY,
        examples=[
            OpenApiExample(
                "Sign in",
                {"username": "ada@example.org", "password": "Correct-horse-9"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Give a name and a password, and get an access token and a refresh cookie.

        With `requires_mfa` true there are none yet: send the `mfa_token` on with a code.
        """
        given = sent(Credentials, request)
        user = check_credentials(request, identity=given["username"], password=given["password"])
        if user.has_mfa:
            return _step_missing(refreshing.begin_half(user, request=request))
        return _welcome(request, user, *refreshing.begin(user, request=request))


class MfaLoginView(StrangerDoor):
    """The second step."""

    @operation(
        "mfa_login",
        "Give the second step's code",
        tag=TAG,
        body=SecondStep,
        returns={200: Tokens},
        refusals=OF_A_STRANGER,
        words=FOREIGN | {401: "The code is wrong, or the time for it has passed."},
        auth=NOBODY,
    )
    def post(self, request: Request) -> Response:
        """Give a code of your app or a recovery code within five minutes after the password."""
        given = sent(SecondStep, request)
        half, user = _half(given["mfa_token"])
        verify_second_factor(user, given["code"], request)
        return _welcome(request, user, *refreshing.complete(half, user, request=request))


def _welcome(request: Request, user: User, session: Session, refresh_token: str) -> Response:
    """Tokens; and the program is known from now on, if it keeps cookies (R2)."""
    response = tokens(session, refresh_token)
    remember_device(request, response, user)
    return response


def tokens(session: Session, refresh_token: str) -> Response:
    """An access token of the session, and its refresh token as a cookie."""
    access = {
        "access_token": str(AccessToken.of(session)),
        "token_type": BEARER,
        "expires_in": int(AccessToken.lifetime.total_seconds()),
        "requires_mfa": False,
    }
    response = Response(Tokens(access).data)
    set_refresh_token(response, session, refresh_token)
    return response


def _step_missing(half: Session) -> Response:
    missing = {
        "requires_mfa": True,
        "mfa_token": str(MfaToken.of(half)),
        "expires_in": int(MfaToken.lifetime.total_seconds()),
    }
    return Response(StepMissing(missing).data)


def _half(mfa_token: str) -> tuple[Session, User]:
    """The session that waits for the second step, and whose it is."""
    try:
        session_id = MfaToken(mfa_token).session_id  # type: ignore[arg-type]
    except TokenError:
        raise InvalidRefresh from None
    half = find_open(pk=session_id, stage=Session.Stage.HALF)
    user = owner_of(half) if half else None
    if half is None or user is None:
        raise InvalidRefresh
    return half, user
