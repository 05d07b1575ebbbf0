"""The forms to create a workspace, to change its settings and to delete it.

The admin panel has its own. Nothing is written here: that is `workspaces`.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from knowledge.forms import LineField, LinesField, SlugField
from knowledge.models import MAX_SLUG, Article, Status, Visibility, Workspace
from knowledge.workspaces import RESERVED_SLUGS

MAX_NAME = 80
MAX_EXAMPLES = 8
SLUG_TAKEN = "Another workspace has this address."
WRITABLE = ("name", "description", "visibility", "require_mfa", "example_questions")
NOT_BEFORE_YOURS = "Set up your own second step first: without one you would shut yourself out."


class WorkspaceFields(forms.Form):
    """What its admins may set on a workspace."""

    name = LineField(max_length=MAX_NAME)
    description = LineField(
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What is in it; the first page shows it.",
    )
    visibility = forms.ChoiceField(
        label="Who may read it",
        choices=[
            (Visibility.MEMBERS, "Members only: the people you add"),
            (Visibility.PUBLIC, "Everyone: anyone who can reach this site, signed in or not"),
        ],
        initial=Visibility.MEMBERS,
        widget=forms.RadioSelect,
        help_text="Articles can be kept to members or to editors one by one.",
    )
    example_questions = LinesField(
        max_line=120,
        required=False,
        help_text=f"One on each line, at most {MAX_EXAMPLES}; shown under the search box.",
    )

    def clean_example_questions(self) -> list[str]:
        lines: list[str] = self.cleaned_data["example_questions"]
        if len(lines) > MAX_EXAMPLES:
            raise ValidationError(f"At most {MAX_EXAMPLES}; these are {len(lines)}.")
        return lines


class NewWorkspaceForm(WorkspaceFields):
    slug = SlugField(
        label="Address",
        max_length=MAX_SLUG,
        required=False,
        help_text="The part of its links after /w/. Left empty, it is made from the name. "
        "It cannot be changed later.",
    )
    field_order = ["name", "slug"]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise ValidationError("This address is kept for the site itself.")
        if slug and Workspace.objects.filter(slug=slug).exists():
            raise ValidationError(SLUG_TAKEN)
        return slug


class SettingsForm(WorkspaceFields):
    """Changes to `workspace`; opening it to everyone has to be said twice.

    The page holds what it was opened with, so that what somebody else set meanwhile stays.
    """

    make_public = forms.BooleanField(required=False)
    require_mfa = forms.BooleanField(
        label="Require a second step at sign-in",
        required=False,
        help_text="Members who have set none up may do no more here than strangers until they do.",
    )

    def __init__(self, *args: Any, workspace: Workspace, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace, self.by = workspace, by
        self.initial = {name: getattr(workspace, name) for name in WRITABLE}
        for name in WRITABLE:
            self.fields[name].show_hidden_initial = True
        if workspace.visibility == Visibility.PUBLIC:
            del self.fields["make_public"]
        else:
            self.fields["make_public"].label = _what_opens(workspace)

    def clean_require_mfa(self) -> bool:
        required: bool = self.cleaned_data["require_mfa"]
        if required and not self.by.has_mfa:
            raise ValidationError(NOT_BEFORE_YOURS)
        return required

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        opens = "visibility" in self.changed_data and given.get("visibility") == Visibility.PUBLIC
        if opens and "make_public" in self.fields and not given.get("make_public"):
            self.add_error("make_public", "Tick this, too, to open the workspace to everyone.")
        return given

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in WRITABLE if name in self.changed_data}


class DeleteForm(forms.Form):
    """The workspace's name, typed by whoever deletes it."""

    name = forms.CharField(
        max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = workspace
        self.fields["name"].label = f"To delete it, type its name: {workspace.name}"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if " ".join(name.split()) != " ".join(self.workspace.name.split()):
            raise ValidationError("This is not its name. Nothing was deleted.")
        return name


def _what_opens(workspace: Workspace) -> str:
    opened = Article.objects.filter(
        workspace_id=workspace.pk, status=Status.PUBLISHED, visibility=Visibility.PUBLIC
    ).count()
    articles = "1 article" if opened == 1 else f"{opened} articles"
    return (
        f"Yes, open it: {articles} for everyone will be readable by anyone on the internet who "
        "can reach this site"
    )
