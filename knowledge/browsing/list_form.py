"""Reading a `ListQuery` from a query string, with a sentence for each value that makes no sense."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from knowledge.browsing.listing import FOR_WRITERS, ListQuery, Sort
from knowledge.forms import LineField, TagsField
from knowledge.models import MAX_CATEGORY, MAX_TITLE, Status, Visibility

MAX_USERNAME = 150
STATUSES = [("", "Any"), *((s.value, s.label) for s in Status if s in FOR_WRITERS)]
VISIBILITIES = [("", "Anyone"), *Visibility.choices]


class EachInput(forms.TextInput):
    """A parameter that may be given several times, as one line with commas."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        given = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name)
        return ", ".join(given) if isinstance(given, list) else given


class ListForm(forms.Form):
    """The filters and the order of a list of articles; whatever is left out does not narrow it."""

    text = LineField(label="Title", max_length=MAX_TITLE, required=False)
    status = forms.ChoiceField(choices=STATUSES, required=False)
    tag = TagsField(required=False, widget=EachInput)
    category = LineField(max_length=MAX_CATEGORY, required=False)
    author = LineField(max_length=MAX_USERNAME, required=False)
    visibility = forms.ChoiceField(label="Who may read it", choices=VISIBILITIES, required=False)
    not_indexed = forms.BooleanField(label="Not searchable yet", required=False)
    reported = forms.BooleanField(label="Reported by readers", required=False)
    sort = forms.ChoiceField(label="Order", choices=Sort.choices, required=False)

    def query(self) -> ListQuery:
        """What a valid form asks for."""
        given = self.cleaned_data
        return ListQuery(
            status=given["status"],
            tags=tuple(given["tag"]),
            category=given["category"],
            author=given["author"],
            visibility=given["visibility"],
            not_indexed=given["not_indexed"],
            reported=given["reported"],
            text=given["text"],
            sort=Sort(given["sort"] or Sort.SAVED),
        )
