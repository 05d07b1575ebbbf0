"""The forms of the admin panel: unique addresses, members once, articles as they were seen."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from accounts.models import User
from knowledge.forms import ArticleFields, LineField, LinesField, SlugField, check_slug_is_free
from knowledge.models import MAX_SLUG, Article, Membership, Role, Workspace
from knowledge.workspace_forms import NOT_BEFORE_YOURS

CONFLICT = (
    "Somebody else saved this article since you opened it. What you typed is kept below and is "
    'not saved; <a href="{}" target="_blank">what they saved</a> opens in another tab. Saving '
    "now replaces theirs; their text stays as revision {}."
)


class WorkspaceForm(forms.ModelForm[Workspace]):
    name = LineField(max_length=80)
    slug = SlugField(max_length=MAX_SLUG, help_text="The part of its address after /w/.")
    example_questions = LinesField(
        max_line=120, required=False, help_text="One on each line; shown under the search box."
    )

    by: User
    """Who is at the panel, set by `WorkspaceAdmin`."""

    def clean_require_mfa(self) -> bool:
        required: bool = self.cleaned_data["require_mfa"]
        if required and "require_mfa" in self.changed_data and not self.by.has_mfa:
            raise ValidationError(NOT_BEFORE_YOURS)
        return required

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if Workspace.objects.filter(slug=slug).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another workspace has this address.")
        return slug


class AuthorForm(forms.Form):
    """Whom articles are given to, by user name: a list of everybody could be long."""

    author = forms.CharField(label="User name of the new author", max_length=150)

    def clean_author(self) -> User:
        try:
            return User.objects.get_by_natural_key(self.cleaned_data["author"])
        except User.DoesNotExist as error:
            raise ValidationError("Nobody has this user name.") from error


class MembershipForm(forms.ModelForm[Membership]):
    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        workspace, user = given.get("workspace"), given.get("user")
        if workspace and workspace.pk and user:
            others = Membership.objects.exclude(pk=self.instance.pk)
            if others.filter(workspace_id=workspace.pk, user_id=user.pk).exists():
                self.add_error("user", "This person is a member already.")
            if workspace.owner_id == user.pk and given.get("role") != Role.ADMIN:
                self.add_error("role", "The owner of a workspace stays an admin.")
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


class ArticleAdminForm(forms.ModelForm[Article], ArticleFields):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        for name in ("title", "content", "summary"):
            self.fields[name].widget.attrs["class"] = "vLargeTextField"

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
