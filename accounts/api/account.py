"""The API: who one is, and one's password."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.doors import PersonDoor, sent
from accounts.api.fields import NewPasswordField, PasswordField
from accounts.api.problems import password_refusal
from accounts.api.signing_in import TAG
from accounts.confirming_identity import confirm_password
from accounts.holding import Held
from accounts.models import User
from accounts.password_forms import TRIES
from accounts.passwords import change_password
from accounts.signing_in import keep_only_this_session
from accounts.throttling import count
from kbsite.api.operation import OF_A_BODY, operation
from kbsite.api.scopes import ANY_TOKEN


class PersonData(serializers.Serializer[User]):
    """Your account."""

    id = serializers.CharField(source="pk")
    username = serializers.CharField()
    email = serializers.CharField()
    email_verified = serializers.SerializerMethodField()
    administrator = serializers.BooleanField(source="is_superuser")
    has_mfa = serializers.BooleanField(help_text="Whether signing in takes a second step.")
    must_change_password = serializers.BooleanField()
    joined_at = serializers.DateTimeField(source="date_joined")

    def get_email_verified(self, user: User) -> bool:
        return user.email_verified_at is not None


class PasswordChange(serializers.Serializer[dict[str, str]]):
    """The password that you have, and the one that you want."""

    current_password = PasswordField()
    new_password = NewPasswordField()


class MeView(PersonDoor):
    """One's account."""

    ends = frozenset(Held)

    @operation(
        "me",
        "Read your account",
        tag=TAG,
        scope=ANY_TOKEN,
        returns={200: PersonData},
        refusals=(401,),
    )
    def get(self, request: Request) -> Response:
        """Who you are. Any personal token may ask this."""
        return Response(PersonData(self.person).data)


class PasswordView(PersonDoor):
    """One's password."""

    ends = frozenset({Held.PASSWORD})

    @operation(
        "change_password",
        "Change your password",
        tag=TAG,
        body=PasswordChange,
        returns={204: None},
        refusals=(*OF_A_BODY, 401, 409, 429),
        words={
            401: "You are not signed in, or this is not your current password.",
            409: "You have used this password before, or it was changed elsewhere meanwhile.",
        },
    )
    @sensitive_variables()
    def post(self, request: Request) -> HttpResponse:
        """Change your password, which ends your other sessions."""
        given, user = sent(PasswordChange, request), self.person
        seen_hash = user.password
        count(TRIES, user.pk)
        confirm_password(request, user, password=given["current_password"])
        try:
            change_password(user=user, raw=given["new_password"], seen_hash=seen_hash)
        except ValidationError as error:
            raise password_refusal("new_password", error) from None
        keep_only_this_session(request, user)
        return HttpResponse(status=204)
