"""The API: go on with a new access token, see where one is signed in, and sign out."""

from typing import Any, Final

from bson import ObjectId
from bson.errors import InvalidId
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit, refreshing, sessions
from accounts.api.access_tokens import AccessToken
from accounts.api.authentication import IfStillGood
from accounts.api.cookies import check_sender, clear_refresh_token, refresh_token_of
from accounts.api.doors import AuthDoor, PersonDoor, StrangerDoor
from accounts.api.permissions import NotHeld, WithinScope
from accounts.api.signing_in import FOREIGN, TAG, Tokens, tokens
from accounts.audit import Action
from accounts.holding import Held
from accounts.models import Session, User
from accounts.sessions import open_sessions, session_id_of
from kbsite.api.operation import ANYBODY, operation

REFRESH_COOKIE: Final[Any] = [{"refreshCookie": []}]
SESSION_ID: Final = OpenApiParameter(
    "session", str, OpenApiParameter.PATH, description="The session's id, as in the list."
)


class SessionData(serializers.Serializer[Session]):
    """Where you are signed in."""

    id = serializers.CharField(source="pk")
    kind = serializers.ChoiceField(choices=Session.Kind.choices)
    user_agent = serializers.CharField()
    address = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="When it ends however it is used.")
    current = serializers.SerializerMethodField(help_text="Whether this request came with it.")

    def get_current(self, session: Session) -> bool:
        return bool(session.pk == self.context["current"])


class SessionList(serializers.Serializer[object]):
    """Where you are signed in, the most recently used first."""

    items = SessionData(many=True)


class RefreshView(StrangerDoor):
    """Trades the refresh cookie."""

    @operation(
        "refresh",
        "Get a new access token",
        tag=TAG,
        returns={200: Tokens},
        refusals=(401, 403, 415, 429),
        words=FOREIGN | {401: "The refresh cookie is missing, wrong or too old; it is cleared."},
        auth=REFRESH_COOKIE,
    )
    def post(self, request: Request) -> Response:
        """Trade the refresh cookie for an access token and another refresh cookie.

        Each cookie works once. One that was used before ends the session; only the last one
        still gives the same answer for ten seconds.
        """
        return tokens(*refreshing.refresh(refresh_token_of(request), request=request))

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        if isinstance(exc, refreshing.InvalidRefresh):
            clear_refresh_token(response)
        return response


class LogoutView(AuthDoor):
    """Ends the session of the request."""

    ends = frozenset(Held)
    authentication_classes = (IfStillGood, SessionAuthentication)
    permission_classes = (WithinScope, NotHeld)

    @operation(
        "logout",
        "Sign out",
        tag=TAG,
        returns={204: None},
        refusals=(401, 403, 415),
        auth=[*ANYBODY[:-1], *REFRESH_COOKIE],
    )
    def post(self, request: Request) -> HttpResponse:
        """End this session, named by the access token, by the refresh cookie, or by both."""
        named = _session_of_cookie(request)
        if isinstance(request.user, User):
            _end_this(request, request.user)
        elif named is None:
            raise NotAuthenticated
        if named and named.user:
            _end(named, "session.end", named.user, request)
        return _signed_out()

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        if isinstance(exc, NotAuthenticated):
            clear_refresh_token(response)
        return response


class LogoutAllView(PersonDoor):
    """Ends all sessions."""

    ends = frozenset(Held)

    @operation("logout_all", "Sign out everywhere", tag=TAG, returns={204: None}, refusals=(401,))
    def post(self, request: Request) -> HttpResponse:
        """End all your sessions, in browsers and programs, this one too."""
        ended = sessions.revoke_all(self.person, why="signed out everywhere")
        audit.record(
            "session.revoke_all", by=self.person, on=self.person, request=request, ended=ended
        )
        return _signed_out()


class SessionsView(PersonDoor):
    """One's sessions."""

    @operation(
        "list_sessions",
        "List your sessions",
        tag=TAG,
        returns={200: SessionList},
        refusals=(401,),
    )
    def get(self, request: Request) -> Response:
        """Where you are signed in: browsers and programs."""
        items = open_sessions(self.person)
        current = session_id_of(request)
        return Response(SessionList({"items": items}, context={"current": current}).data)


class SessionView(PersonDoor):
    """One of one's sessions."""

    @operation(
        "revoke_session",
        "End a session",
        tag=TAG,
        returns={204: None},
        parameters=[SESSION_ID],
        refusals=(401, 404),
    )
    def delete(self, request: Request, session: str) -> HttpResponse:
        """Sign out there: its next request is refused, and answers that it reads end."""
        try:
            found = open_sessions(self.person).filter(pk=str(ObjectId(session))).first()
        except InvalidId:
            raise Http404 from None
        if found is None:
            raise Http404
        _end(found, "session.revoke", self.person, request)
        return HttpResponse(status=204)


def _end_this(request: Request, person: User) -> None:
    if isinstance(request.auth, AccessToken):
        session = Session.objects.get(pk=str(request.auth.session_id))
        _end(session, "session.end", person, request)
    else:
        logout(request)
        audit.record("session.end", by=person, on=person, request=request)


def _session_of_cookie(request: Request) -> Session | None:
    if not (token := refresh_token_of(request)):
        return None
    check_sender(request)
    return refreshing.session_of(token)


def _end(session: Session, action: Action, person: User, request: Request) -> None:
    if sessions.revoke(session, why="signed out"):
        audit.record(action, by=person, on=person, request=request, session=str(session.pk))


def _signed_out() -> HttpResponse:
    response = HttpResponse(status=204)
    clear_refresh_token(response)
    return response
