"""Sessions and API tokens in the admin panel: to look at, and to end. Never their secrets."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import api_tokens, audit, sessions
from accounts.admin.filters import Open, Whose, Works
from accounts.admin.looking import LookingAdmin
from accounts.backends import find_user
from accounts.models import ApiToken, Session, User
from accounts.programs import program_of
from kbsite.confirming import LeftAlone, Step, ask_then_do


class OfPeople(LookingAdmin):
    """Things that each belong to a person, found by that person's name or e-mail."""

    search_fields = ["user"]
    search_help_text = "A user name or an e-mail address, in full."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not (term := search_term.strip()):
            return queryset, False
        return queryset.filter(self.found_by(term, find_user(term))), False

    def found_by(self, term: str, user: User | None) -> Q:
        return Q(user_id=user.pk) if user else Q(pk__in=[])


@admin.register(Session)
class SessionAdmin(OfPeople):
    list_display = ["user", "program", "state", "last_seen_at"]
    list_filter = [Open, "kind", Whose]
    search_help_text = "A user name, an e-mail address or a network address, in full."
    actions = ["revoke"]
    fields = [
        "user",
        "kind",
        "stage",
        "state",
        "user_agent",
        "address",
        "created_at",
        "last_seen_at",
        "expires_at",
        "ends_at",
        "revoked_at",
        "revoked_why",
    ]
    readonly_fields = ["state"]

    @admin.display(description="With")
    def program(self, session: Session) -> SafeString:
        program, kind = program_of(session.user_agent), session.get_kind_display()
        address = session.address or "no address"
        return format_html("{}<small>{} · {}</small>", program, kind, address)

    @admin.display(description="State")
    def state(self, session: Session) -> str:
        if session.revoked_at:
            return f"ended: {session.revoked_why}"
        return "open" if session.is_open else "timed out"

    @admin.action(description="End sessions")
    def revoke(self, request: HttpRequest, chosen: QuerySet[Session]) -> HttpResponse | None:
        def act(session: Session, seen: int, given: dict[str, Any]) -> None:
            if not session.is_open:
                raise LeftAlone("They have ended already.")
            sessions.revoke(session, why="ended by an administrator")
            audit.record(
                "session.revoke",
                by=request.user,
                on=session.user,
                request=request,
                session=str(session.pk),
            )

        step = Step("revoke", "End these sessions? Whoever uses them is signed out.", "Ended", act)
        return ask_then_do(self, request, chosen, step)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        """Those of people: a visitor's is nobody's."""
        whole = super().get_queryset(request).filter(stage__in=["full", "half"])
        secret = ["key_hash", "auth_hash", "data", "refresh_hash", "spent_refresh", "successor"]
        return cast("QuerySet[Session]", whole.defer(*secret).prefetch_related("user"))

    def found_by(self, term: str, user: User | None) -> Q:
        return Q(user_id=user.pk) if user else Q(address=term)


@admin.register(ApiToken)
class ApiTokenAdmin(OfPeople):
    list_display = ["name", "user", "can", "state", "last_used_at"]
    list_filter = [Works, Whose]
    actions = ["revoke"]
    fields = [
        "name",
        "user",
        "hint",
        "can",
        "state",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    readonly_fields = ["can", "state"]

    @admin.display(description="May")
    def can(self, token: ApiToken) -> str:
        words = dict(ApiToken.Scope.choices)
        return ", ".join(words.get(scope, scope).lower() for scope in token.scopes)

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return "revoked"
        return "works" if token.expires_at > timezone.now() else "expired"

    @admin.action(description="Revoke tokens")
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> HttpResponse | None:
        def act(token: ApiToken, seen: int, given: dict[str, Any]) -> None:
            if not api_tokens.revoke(token, by=cast("User", request.user), request=request):
                raise LeftAlone("They were revoked already.")

        step = Step("revoke", "Revoke these tokens? Programs that use them stop.", "Revoked", act)
        return ask_then_do(self, request, chosen, step)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        whole = super().get_queryset(request).defer("token_hash")
        return cast("QuerySet[ApiToken]", whole.prefetch_related("user"))
