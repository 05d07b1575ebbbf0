"""Articles in the admin panel: written by compare-and-set, found by how far search followed."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from kbsite.confirming import Act, LeftAlone, Step, ask_then_do
from knowledge.admin.forms import ArticleAdminForm, AuthorForm
from knowledge.admin.saving import Deleted, SavingAdmin
from knowledge.editing import (
    Conflict,
    archive_article,
    create_article,
    edit_article,
    give_article,
    purge_article,
    reindex_article,
)
from knowledge.index_state import index_state
from knowledge.models import Article, Revision, Status


def as_seen(write: Act) -> Act:
    """The same for an action, which leaves an article alone that was saved since it was seen."""

    def act(article: Article, seen: int, given: dict[str, Any]) -> None:
        try:
            write(article, seen, given)
        except Conflict as error:
            raise LeftAlone("Somebody saved them meanwhile. Look again.") from error

    return act


GIVE = Step(
    name="change_author",
    question="Give these articles another author?",
    done="Given to another author",
    act=as_seen(lambda article, seen, given: give_article(article, seen=seen, to=given["author"])),
    form=AuthorForm,
)


class InSearches(admin.SimpleListFilter):
    """By how far search has followed, as `index_state` words it."""

    title = "in searches"
    parameter_name = "searches"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        states = ("searchable", "waiting", "failed")
        return [(state, state) for state in states] + [("not", "not searched")]

    def queryset(self, request: Any, queryset: QuerySet[Article]) -> QuerySet[Article]:
        indexed = queryset.filter(pending=False)
        chosen = {
            "searchable": indexed.filter(status=Status.PUBLISHED),
            "not": indexed.exclude(status=Status.PUBLISHED),
            "waiting": queryset.filter(pending=True, index_error=""),
            "failed": queryset.filter(pending=True).exclude(index_error=""),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(Article)
class ArticleAdmin(SavingAdmin):
    form = ArticleAdminForm
    list_display = ["title", "workspace", "status", "in_searches", "author", "updated_at"]
    list_filter = [InSearches, "status", "visibility", "workspace"]
    list_select_related = ["workspace", "author"]
    list_per_page = 50
    search_fields = ["title"]
    actions = ["reindex", "archive", "change_author"]
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

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, chosen: QuerySet[Article]) -> HttpResponse | None:
        by = cast("User", request.user)
        step = Step(
            name="archive",
            question="Archive these articles? Readers and searches no longer find them.",
            done="Archived",
            act=as_seen(
                lambda article, seen, given: archive_article(article, seen=seen, author=by)
            ),
        )
        here = chosen.exclude(status=Status.TRASHED)
        if trashed := len(chosen) - len(here):
            text = f"Left as they are, because they are in the trash: {trashed}."
            self.message_user(request, text, messages.WARNING)
        return ask_then_do(self, request, here, step) if here else None

    @admin.action(description="Change author", permissions=["change"])
    def change_author(self, request: HttpRequest, chosen: QuerySet[Article]) -> HttpResponse | None:
        return ask_then_do(self, request, chosen, GIVE)

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
