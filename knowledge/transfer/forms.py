"""The forms of an import: what to import, and how what is new in it begins.

What a file holds is looked at by the worker, not here.
"""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from knowledge.models import Visibility, Workspace
from knowledge.transfer.formats import ARCHIVE, IMPORTABLE


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/input.html"


class FilesField(forms.FileField):
    """Any number of files; its value is a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[Any]"]:
        given = data if isinstance(data, list) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in given]


class NewImportForm(forms.Form):
    """Files, or the address of a page."""

    upload = FilesField(
        required=False,
        label="Files",
        help_text="Markdown, text, HTML, Word (.docx) or PDF, up to 100 at once. "
        "For a whole folder with pictures, choose a zip of it.",
        widget=FilesInput(attrs={"accept": ",".join(sorted({ARCHIVE, *IMPORTABLE}))}),
    )
    url = forms.CharField(
        required=False,
        label="Address of a page",
        help_text="A page of the open internet: HTML, Markdown, plain text or PDF.",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )


class PartForm(forms.Form):
    """Which part of an export: see `export_parts`. Nothing means all of it."""

    part = forms.IntegerField(required=False, min_value=1)
    after = forms.RegexField(r"\A[0-9a-f]{24}\Z", required=False)
    until = forms.RegexField(r"\A[0-9a-f]{24}\Z", required=False)


class ConfirmForm(forms.Form):
    """How the new articles begin; those that are there already stay as they are."""

    visibility = forms.ChoiceField(label="Who may read new articles", choices=Visibility)
    publish = forms.TypedChoiceField(
        label="New articles begin as",
        choices=[("draft", "Drafts, which only editors see"), ("published", "Published articles")],
        coerce=lambda value: value == "published",
        widget=forms.RadioSelect,
        initial="draft",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("visibility", workspace.visibility)
