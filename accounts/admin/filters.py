"""What the lists of people, sessions and tokens are narrowed by."""

from datetime import timedelta
from typing import Any

from bson import ObjectId
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User


class ByCase(admin.SimpleListFilter):
    """One of a few cases, each with its words and what it lets through."""

    def cases(self) -> dict[str, tuple[str, Q]]:
        raise NotImplementedError

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.cases().items()]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.cases().get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class SecondStep(ByCase):
    title = "second step"
    parameter_name = "second_step"

    def cases(self) -> dict[str, tuple[str, Q]]:
        return {"on": ("On", ~Q(mfa_secret="")), "off": ("Off", Q(mfa_secret=""))}


class SignedInLately(ByCase):
    title = "last signed in"
    parameter_name = "signed_in"

    def cases(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        week, quarter = now - timedelta(days=7), now - timedelta(days=90)
        return {
            "week": ("Within 7 days", Q(last_login__gte=week)),
            "quarter": ("Within 90 days", Q(last_login__gte=quarter)),
            "long_ago": ("Longer ago", Q(last_login__lt=quarter)),
            "never": ("Never", Q(last_login=None)),
        }


class EmailConfirmed(ByCase):
    title = "e-mail address"
    parameter_name = "address"

    def cases(self) -> dict[str, tuple[str, Q]]:
        unconfirmed = Q(email_verified_at=None)
        return {
            "confirmed": ("Confirmed", ~unconfirmed),
            "unconfirmed": ("Not confirmed", unconfirmed & ~Q(email_key="")),
            "none": ("None", Q(email_key="")),
        }


class Open(ByCase):
    """Sessions by whether somebody can still act by them."""

    title = "state"
    parameter_name = "state"

    def cases(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        late = Q(expires_at__lte=now) | Q(ends_at__lte=now)
        running = Q(expires_at__gt=now, ends_at__gt=now)
        return {
            "open": ("Open", Q(revoked_at=None) & running),
            "revoked": ("Ended by somebody", ~Q(revoked_at=None)),
            "timed_out": ("Timed out", Q(revoked_at=None) & late),
        }


class Works(ByCase):
    """API tokens by whether they still work."""

    title = "state"
    parameter_name = "state"

    def cases(self) -> dict[str, tuple[str, Q]]:
        now = timezone.now()
        return {
            "works": ("Works", Q(revoked_at=None, expires_at__gt=now)),
            "revoked": ("Revoked", ~Q(revoked_at=None)),
            "expired": ("Expired", Q(revoked_at=None, expires_at__lte=now)),
        }


class Whose(admin.ListFilter):
    """One person's, by the id in the address of a link on that person's page."""

    title = "person"
    parameter_name = "user"

    def __init__(
        self, request: Any, params: dict[str, list[str]], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        asked = params.pop(self.parameter_name, [""])[-1]
        self.user = _person(asked) if asked else None
        self.used_parameters = {self.parameter_name: asked} if asked else {}

    def has_output(self) -> bool:
        return bool(self.used_parameters)

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": False,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "All",
        }
        yield {"selected": True, "query_string": "?", "display": str(self.user or "Nobody")}

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.used_parameters:
            return queryset
        return queryset.filter(user_id=self.user.pk) if self.user else queryset.none()


def _person(user_id: str) -> User | None:
    return User.objects.filter(pk=user_id).first() if ObjectId.is_valid(user_id) else None
