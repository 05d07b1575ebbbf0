"""The forms of articles and workspaces, for the editor's pages and the admin panel.

What a text may hold is `metadata`; writing is `editing`. A form never writes, so that what it
shows after a refused write is exactly what was typed.
"""

import json
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.template.defaultfilters import pluralize

from knowledge.authoring.drafts import is_key, new_key
from knowledge.authoring.merging import clashes
from knowledge.metadata import clean_content, clean_line, clean_tags
from knowledge.models import (
    MAX_CATEGORY,
    MAX_NOTE,
    MAX_SLUG,
    MAX_SUMMARY,
    MAX_TITLE,
    Article,
    Draft,
    Visibility,
    Workspace,
)

SLUG_TAKEN = "Another article has this address. It may be a draft, or in the trash."
SHORT_FIELDS = ("title", "summary", "tags", "category", "visibility", "slug")
WRITABLE = ("title", "content", "summary", "tags", "category", "visibility")


class LineField(forms.CharField):
    """One line of plain text, cleaned as `clean_line` does; `max_length` is required."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "", max_chars=self.max_length or 0)


class TagsField(forms.CharField):
    """Tags separated by commas; its value is a list of strings."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return clean_tags([super().clean(value)])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class LinesField(forms.CharField):
    """One entry on each line; its value is a list of strings."""

    widget = forms.Textarea(attrs={"rows": 4})

    def __init__(self, *, max_line: int, **kwargs: Any) -> None:
        self.max_line = max_line
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = super().clean(value).splitlines()
        return [line for each in lines if (line := clean_line(each, max_chars=self.max_line))]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ContentField(forms.CharField):
    """Markdown as typed: nothing is trimmed, because leading spaces mean code."""

    widget = forms.Textarea(attrs={"rows": 24, "spellcheck": "true"})

    def to_python(self, value: Any) -> str:
        return clean_content(value or "")


class SlugField(forms.SlugField):
    """The last part of an address, in lower case."""

    default_error_messages = {"invalid": "Use only letters, numbers, hyphens and underscores."}

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").lower()


class ArticleFields(forms.Form):
    """What an editor may set on an article, and the version that was seen when the page opened."""

    title = LineField(max_length=MAX_TITLE)
    content = ContentField(label="Text, in Markdown", required=False)
    summary = LineField(
        max_length=MAX_SUMMARY, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    tags = TagsField(required=False, help_text="Separate them with commas.")
    category = LineField(
        max_length=MAX_CATEGORY,
        required=False,
        help_text="One; readers can narrow a search to it.",
        widget=forms.TextInput(attrs={"list": "categories", "autocomplete": "off"}),
    )
    visibility = forms.ChoiceField(
        label="Who may read it",
        choices=Visibility,
        help_text="And at most those who may read the workspace.",
    )
    slug = SlugField(
        label="Address",
        max_length=MAX_SLUG,
        required=False,
        help_text="Ends its link; made from the title if empty.",
    )
    note = LineField(
        label="What changed",
        max_length=MAX_NOTE,
        required=False,
        help_text="A note for the history of revisions.",
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        """The article's fields as cleaned; an empty slug means that it stays, or is made."""
        given = {name: self.cleaned_data[name] for name in WRITABLE}
        slug = self.cleaned_data["slug"]
        return given | ({"slug": slug} if slug else {})

    def rebase(self, article: Article) -> None:
        """Let the next save replace what is stored now: the page that follows shows it."""
        self.data = data = cast("QueryDict", self.data).copy()
        data[self.add_prefix("seen")] = str(article.version)


class ArticleForm(ArticleFields):
    """The editor's page: a new article of `workspace`, or changes to `article`.

    A `draft` is what was typed before and not saved. `key` names the draft of this page; `was`
    says, in JSON, what the fields held when the page was opened, so that a conflict can tell who
    changed what; `merging` is set while two people's texts are being brought together.
    """

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    was = forms.CharField(required=False, widget=forms.HiddenInput)
    merging = forms.CharField(required=False, widget=forms.HiddenInput)
    saving = True  # else it is only shown, and what is still to choose is no error

    def __init__(
        self,
        *args: Any,
        workspace: Workspace,
        article: Article | None = None,
        draft: Draft | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.workspace, self.article = workspace, article
        self.initial = {"visibility": workspace.visibility, "key": new_key()}
        if article:
            self.initial = {name: getattr(article, name) for name in (*WRITABLE, "slug")}
            self.initial |= {"seen": article.version, "key": str(article.pk)}
            self.initial["was"] = json.dumps(as_typed(article))
        if draft:
            blank = dict.fromkeys((*WRITABLE, "slug"), "")
            self.initial |= {**blank, **draft.fields, "seen": draft.seen, "key": draft.key}

    @property
    def draft_key(self) -> str:
        """Names this page's draft; a new one where the form was sent something else."""
        key = str(self["key"].value() or "")
        return key if is_key(key) else new_key()

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        check_slug_is_free(slug, workspace=self.workspace, article=self.article)
        return slug

    def clean_content(self) -> str:
        content: str = self.cleaned_data["content"]
        left = len(clashes(content)) if self.saving and self.data.get("merging") else 0
        if left:
            raise ValidationError(
                f"{left} passage{pluralize(left)} still hold{pluralize(left, 's,')} both texts, "
                "between the marks <<<<<<< and >>>>>>>. Choose one of them, or write a third."
            )
        return content


def as_typed(article: Article) -> dict[str, str | int]:
    """The article's short fields as a form shows them, and the revision that its text is."""
    shown: dict[str, str | int] = {
        name: str(ArticleFields.base_fields[name].prepare_value(getattr(article, name)))
        for name in SHORT_FIELDS
    }
    return shown | {"revision": article.revision}


class SeenForm(forms.Form):
    """A button that acts on the article as it was seen."""

    seen = forms.IntegerField(widget=forms.HiddenInput)


class CompareForm(forms.Form):
    """Two revisions of an article, in whatever order they were chosen."""

    old = forms.IntegerField(min_value=1)
    new = forms.IntegerField(min_value=1)
    view = forms.ChoiceField(choices=[("inline", ""), ("side", "")], required=False)

    def numbers(self) -> list[int]:
        """The older one first."""
        return sorted((self.cleaned_data["old"], self.cleaned_data["new"]))


def check_slug_is_free(slug: str, *, workspace: Workspace, article: Article | None) -> None:
    """Raise `ValidationError` where another article of the workspace has the slug."""
    others: QuerySet[Article] = Article.objects.filter(workspace_id=workspace.pk, slug=slug)
    if article:
        others = others.exclude(pk=article.pk)
    if slug and others.exists():
        raise ValidationError(SLUG_TAKEN)
