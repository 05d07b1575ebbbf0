"""The audit log in the admin panel: to narrow, to search, and to take out. Nothing changes it."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any, get_args

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import audit
from accounts.admin.looking import LookingAdmin, in_order
from accounts.backends import find_user
from accounts.exporting import FORMATS
from accounts.models import AuditEvent


class NarrowForm(forms.Form):
    """By what the log is narrowed; who and on whom are a user name or an e-mail."""

    action = forms.ChoiceField(
        required=False,
        label="What",
        choices=[("", "Anything"), *((name, audit.WORDS[name]) for name in get_args(audit.Action))],
    )
    outcome = forms.ChoiceField(
        required=False, choices=[("", "Done or refused"), *AuditEvent.Outcome.choices]
    )
    by = forms.CharField(required=False, label="By", max_length=254)
    on = forms.CharField(required=False, label="On", max_length=254)
    since = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label="To", widget=forms.DateInput(attrs={"type": "date"})
    )


class Narrow(admin.ListFilter):
    """One form for all that the log is narrowed by, in the place of a column of links."""

    title = "event"
    template = "admin/accounts/auditevent/narrow.html"

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        given = {name: params.pop(name)[-1] for name in NarrowForm.base_fields if name in params}
        self.used_parameters = {name: value for name, value in given.items() if value}
        self.form = NarrowForm(given)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(NarrowForm.base_fields)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        yield {"form": self.form, "query": changelist.query}

    def queryset(self, request: Any, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        if not self.form.is_valid():
            return queryset.none()
        given = self.form.cleaned_data
        equal = {name: given[name] for name in ("action", "outcome") if given[name]}
        return queryset.filter(
            _whose("actor", given["by"]),
            _whose("target", given["on"]),
            _days(given["since"], given["until"]),
            **equal,
        )


@admin.register(AuditEvent)
class AuditEventAdmin(LookingAdmin):
    list_display = ["at", "happened", "actor_name", "target_name", "address"]
    list_display_links = ["happened"]
    change_list_template = "admin/accounts/auditevent/change_list.html"
    list_filter = [Narrow]
    list_per_page = 100
    search_fields = ["actor_name"]
    search_help_text = "A user name, an e-mail address or a network address, in full."
    fields = ["at", "what", "action", "outcome", "actor_name", "target_name", "address", "more"]
    readonly_fields = ["what", "more"]
    actions = None

    @admin.display(description="What")
    def what(self, event: AuditEvent) -> str:
        return audit.in_words(event.action)

    @admin.display(description="What", ordering="action")
    def happened(self, event: AuditEvent) -> SafeString:
        refused = ": refused" if event.outcome == audit.REFUSED else ""
        return format_html("{}{}<small>{}</small>", self.what(event), refused, self.more(event))

    @admin.display(description="Details")
    def more(self, event: AuditEvent) -> str:
        return ", ".join(f"{name}: {value}" for name, value in event.details.items())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        if not (term := search_term.strip()):
            return queryset, False
        person = _whose("actor", term) | _whose("target", term)
        return queryset.filter(person | Q(address=term)), False

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        named = path("export/<str:form>", export, name="accounts_auditevent_export")
        return [named, *super().get_urls()]

    def export(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """All that the list is narrowed to, as a file; that it was taken out is an event too."""
        if (kind := FORMATS.get(form)) is None:
            raise Http404("no such kind of file")
        the_list = reverse("admin:accounts_auditevent_changelist")
        if not NarrowForm(request.GET).is_valid():
            return redirect(f"{the_list}?{request.GET.urlencode()}")  # which says what is wrong
        try:
            # the list as it is narrowed, before it is cut into pages
            events = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect(the_list)
        audit.record("audit.export", by=request.user, request=request, form=form)
        name = f"audit-{timezone.now():%Y-%m-%d}.{form}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return StreamingHttpResponse(
            kind.write(in_order(events)), content_type=kind.content_type, headers=headers
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"formats": FORMATS, **(extra_context or {})})


def _whose(role: str, typed: str) -> Q:
    """Events of whoever has this name or e-mail, or had the name when they were written."""
    if not (typed := typed.strip()):
        return Q()
    found = find_user(typed)
    named = Q(**{f"{role}_name": found.username if found else typed})
    return named | Q(**{f"{role}_id": str(found.pk)}) if found else named


def _days(since: Any, until: Any) -> Q:
    after = Q(at__gte=datetime.combine(since, time.min, UTC)) if since else Q()
    if not until:
        return after
    return after & Q(at__lte=datetime.combine(until, time.max, UTC))
