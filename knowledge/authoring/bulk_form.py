"""Reading from a list which articles are chosen and what is to be done with them."""

from typing import Any

from bson import ObjectId
from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from knowledge.authoring.bulk import MOST, Action, Change, Seen
from knowledge.forms import LineField, TagsField
from knowledge.models import MAX_CATEGORY, Visibility


class ChosenField(forms.Field):
    """The ticked boxes of a list; each is an article's id and, after a dot, its version."""

    class Boxes(forms.Widget):
        def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
            return data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])

    widget = Boxes

    def clean(self, value: list[str]) -> list[Seen]:
        if len(value) > MOST:
            raise ValidationError(f"Choose at most {MOST} articles at a time.")
        chosen = [self._seen(box) for box in dict.fromkeys(value)]
        if not chosen:
            raise ValidationError("Choose the articles first, by the boxes before their titles.")
        return chosen

    def _seen(self, box: str) -> Seen:
        pk, _, version = box.partition(".")
        if not (ObjectId.is_valid(pk) and version.isascii() and version.isdigit()):
            raise ValidationError("Nothing was done: the list sent was damaged. Load it again.")
        return Seen(ObjectId(pk), int(version[:9]))


class BulkForm(forms.Form):
    """An action on the chosen articles, and the value that some actions need."""

    article = ChosenField()
    action = forms.ChoiceField(choices=Action)
    tags = TagsField(required=False)
    category = LineField(max_length=MAX_CATEGORY, required=False)
    visibility = forms.ChoiceField(label="Who may read it", choices=Visibility, required=False)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        action = given.get("action")
        if action in (Action.TAG, Action.UNTAG) and given.get("tags") == []:
            self.add_error("tags", "Write the tags first.")
        if action == Action.SHOW and not given.get("visibility"):
            self.add_error("visibility", "Choose who may read them.")
        return given

    def change(self) -> Change:
        """What a valid form asks for."""
        given = self.cleaned_data
        action = Action(given["action"])
        values = {
            Action.TAG: ", ".join(given["tags"]),
            Action.UNTAG: ", ".join(given["tags"]),
            Action.MOVE: given["category"],
            Action.SHOW: given["visibility"],
        }
        return Change(action, values.get(action, ""))

    def problem(self) -> str:
        """The first thing that is wrong, in a sentence."""
        return str(next(iter(error for errors in self.errors.values() for error in errors), ""))
