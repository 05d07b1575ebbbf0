"""The admin panel of workspaces, memberships and articles.

An article is written through `editing` here too, never by `save()`. A post runs in one
transaction; where somebody else was quicker, the form is validated again and says so.
"""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from kbsite import mongo
from knowledge.editing import (
    Conflict,
    SlugTaken,
    create_article,
    edit_article,
    purge_article,
    reindex_article,
)
from knowledge.forms import ArticleFields, LineField, LinesField, SlugField, check_slug_is_free
from knowledge.index_state import index_state
from knowledge.models import MAX_SLUG, Article, Membership, Revision, Workspace
from knowledge.workspaces import holdings, purge_workspace

CONFLICT = (
    "Somebody else saved this article since you opened it. What you typed is kept below and is "
    'not saved; <a href="{}" target="_blank">what they saved</a> opens in another tab. Saving '
    "now replaces theirs; their text stays as revision {}."
)
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


class WorkspaceForm(forms.ModelForm[Workspace]):
    name = LineField(max_length=80)
    slug = SlugField(max_length=MAX_SLUG, help_text="Its address: /w/<slug>/")
    example_questions = LinesField(
        max_line=120, required=False, help_text="One on each line; shown under the search box."
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if Workspace.objects.filter(slug=slug).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another workspace has this address.")
        return slug


class MembershipForm(forms.ModelForm[Membership]):
    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        workspace, user = given.get("workspace"), given.get("user")
        if workspace and workspace.pk and user:
            others = Membership.objects.exclude(pk=self.instance.pk)
            if others.filter(workspace_id=workspace.pk, user_id=user.pk).exists():
                self.add_error("user", "This person is a member already.")
        return given


class MembershipFormSet(
    forms.BaseInlineFormSet[Membership, Workspace, forms.ModelForm[Membership]]
):
    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data for form in self.forms if not form.cleaned_data.get("DELETE")]
        users = [given["user"].pk for given in kept if given.get("user")]
        if len(users) != len(set(users)):
            raise ValidationError("A person can be listed once only.")


class MembershipInline(admin.TabularInline[Membership, Workspace]):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    autocomplete_fields = ["user"]
    extra = 1


@admin.register(Workspace)
class WorkspaceAdmin(SavingAdmin):
    form = WorkspaceForm
    inlines = [MembershipInline]
    list_display = ["name", "slug", "visibility"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "description", "visibility", "example_questions"]

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


class ArticleAdminForm(forms.ModelForm[Article], ArticleFields):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        stored = self.instance if self.instance.pk else None
        if workspace := stored.workspace if stored else given.get("workspace"):
            self._check_slug(given.get("slug", ""), workspace, stored)
        if stored and given.get("seen") != stored.version:
            self.rebase(stored)
            address = stored.get_absolute_url()
            raise ValidationError(format_html(CONFLICT, address, stored.revision))
        return given

    def changes(self) -> dict[str, Any]:
        return super().changes() | {"status": self.cleaned_data["status"]}

    def _check_slug(self, slug: str, workspace: Workspace, stored: Article | None) -> None:
        try:
            check_slug_is_free(slug, workspace=workspace, article=stored)
        except ValidationError as error:
            self.add_error("slug", error)


@admin.register(Article)
class ArticleAdmin(SavingAdmin):
    form = ArticleAdminForm
    list_display = ["title", "workspace", "status", "visibility", "in_searches", "updated_at"]
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
        ("title", "slug"),
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
