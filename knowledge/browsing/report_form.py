"""What a reader can say about an article: one of three kinds, and a note."""

from django import forms

from knowledge.forms import ContentField
from knowledge.models import MAX_REPORT, ProblemReport


class NoteField(ContentField):
    """Some lines of plain text."""

    widget = forms.Textarea(attrs={"rows": 3, "maxlength": MAX_REPORT})

    def to_python(self, value: str | None) -> str:
        return super().to_python(value).strip()


class ReportForm(forms.Form):
    """A reader's report."""

    kind = forms.ChoiceField(
        label="What is the matter?", choices=ProblemReport.Kind, widget=forms.RadioSelect
    )
    note = NoteField(
        label="What should the editors know?",
        required=False,
        max_length=MAX_REPORT,
        help_text="They see it with your user name, if you are signed in.",
    )
