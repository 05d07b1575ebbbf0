"""The admin panel of workspaces, memberships and articles.

An article is written through `editing` here too, never by `save()`. A post runs in one
transaction; where somebody else was quicker, the form is validated again and says so.
"""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from kbsite import mongo
from knowledge.admin_forms import (
    ArticleAdminForm,
    MembershipForm,
    MembershipFormSet,
    WorkspaceForm,
)
from knowledge.editing import (
    Conflict,
    SlugTaken,
    create_article,
    edit_article,
    purge_article,
    reindex_article,
)
from knowledge.index_state import index_state
from knowledge.models import Article, Membership, Revision, Workspace
from knowledge.workspaces import holdings, purge_workspace

# beyond this, a form of them would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS; they have their own list
MOST_MEMBERS_INLINE = 100
Deleted = tuple[list[Any], dict[str, int], set[str], list[str]]


class SavingAdmin(admin.ModelAdmin[Any]):
    """Saves in one transaction; loses a race to validation, not to an error page."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = super().changeform_view
        if request.method != "POST":
            return view(request, *args, **kwargs)
        try:
            return mongo.in_transaction(lambda: view(request, *args, **kwargs))
        except (Conflict, SlugTaken, IntegrityError):
            # what the other one saved is stored by now, so validating sees it
            return mongo.in_transaction(lambda: view(request, *args, **kwargs))


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    autocomplete_fields = ["user"]
    extra = 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user")


@admin.register(Workspace)
class WorkspaceAdmin(SavingAdmin):
    form = WorkspaceForm
    inlines = [MembershipInline]
    list_display = ["name", "slug", "visibility"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "description", "visibility", "example_questions"]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        members = Membership.objects.filter(workspace_id=obj.pk).count() if obj else 0
        return [] if members > MOST_MEMBERS_INLINE else list(self.inlines)

    def save_model(
        self, request: HttpRequest, obj: Workspace, form: forms.ModelForm[Workspace], change: bool
    ) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            obj.save(force_insert=True)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deleted:
        """A count of what goes, where Django would load every text to list it."""
        counts = [(workspace, holdings(workspace)) for workspace in objs]
        named = [
            [str(workspace), [f"{number} {kind}" for kind, number in held.items()]]
            for workspace, held in counts
        ]
        total = sum((Counter(held) for _, held in counts), Counter[str]())
        return [part for pair in named for part in pair], total, set(), []

    def delete_model(self, request: HttpRequest, obj: Workspace) -> None:
        purge_workspace(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Workspace]) -> None:
        for workspace in queryset:
            purge_workspace(workspace)


@admin.register(Membership)
class MembershipAdmin(SavingAdmin):
    form = MembershipForm
    list_display = ["user", "workspace", "role"]
    list_filter = ["workspace", "role"]
    list_select_related = ["user", "workspace"]
    autocomplete_fields = ["user"]


@admin.register(Article)
class ArticleAdmin(SavingAdmin):
    form = ArticleAdminForm
    list_display = ["title", "workspace", "status", "in_searches", "updated_at"]
    list_filter = ["workspace", "status", "visibility", "pending"]
    list_select_related = ["workspace"]
    list_per_page = 50
    search_fields = ["title"]
    actions = ["reindex"]
    readonly_fields = [
        "author",
        "source_path",
        "revision",
        "created_at",
        "updated_at",
        "in_searches",
        "indexed_at",
    ]
    fields = [
        "workspace",
        "title",
        "slug",
        "content",
        "summary",
        ("tags", "category"),
        ("status", "visibility"),
        "note",
        "seen",
        *readonly_fields,
    ]

    @admin.display(description="In searches")
    def in_searches(self, article: Article) -> SafeString:
        state = index_state(article)
        return format_html("{}<br><small>{}</small>", state.label, state.detail)

    @admin.action(description="Index again", permissions=["change"])
    def reindex(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        for article in queryset:
            reindex_article(article)
        self.message_user(request, f"To be indexed again: {len(queryset)}.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).defer("content")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "workspace"] if obj else self.readonly_fields

    def save_model(
        self, request: HttpRequest, obj: Article, form: ArticleAdminForm, change: bool
    ) -> None:
        """Write through `editing`; `obj`, which the form has changed, only carries the key."""
        author = request.user if isinstance(request.user, User) else None
        if change:
            stored = Article.objects.get(pk=obj.pk)
            given = form.cleaned_data
            edit_article(
                stored, seen=given["seen"], author=author, note=given["note"], **form.changes()
            )
        else:
            obj.pk = create_article(workspace=obj.workspace, author=author, **form.changes()).pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deleted:
        """A count of what goes, where Django would load every revision to list it."""
        revisions = Revision.objects.filter(article_id__in=[article.pk for article in objs])
        count = {"articles": len(objs), "revisions": revisions.count()}
        return [str(article) for article in objs], count, set(), []

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        purge_article(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        for article in queryset:
            purge_article(article)
