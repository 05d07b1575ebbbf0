"""The views under /api/v1/auth/: for those who are not signed in yet, and for those who are."""

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from accounts.api.cookies import check_sender
from accounts.api.permissions import NotHeld, WithinScope
from accounts.api.problems import as_refusal
from accounts.models import User
from kbsite.api.doors import Door


class AuthDoor(Door):
    """What the accounts' verbs raise is answered as `problems` says."""

    def handle_exception(self, exc: Exception) -> Any:
        return super().handle_exception(as_refusal(exc))


class StrangerDoor(AuthDoor):
    """Takes no account of who is signed in, and nothing that a foreign page can send."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            check_sender(request)


class PersonDoor(AuthDoor):
    """For whoever is signed in."""

    permission_classes = (IsAuthenticated, WithinScope, NotHeld)

    @property
    def person(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated has seen to it
        return user


def sent(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, if it can be used; fields that the serializer does not have are dropped."""
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
