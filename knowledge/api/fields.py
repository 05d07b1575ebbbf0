"""The fields that clients send. What they may hold is `metadata`, as for the editor's form.

Each takes the JSON type that it names and no other, as those of `kbsite/api/fields` do.
"""

from typing import Any

from rest_framework import serializers

from kbsite.api.fields import TextField
from knowledge.metadata import MAX_TAGS, clean_content, clean_line, clean_tags


class LineField(TextField):
    """One line of plain text; `max_length` is required."""

    def to_internal_value(self, data: str) -> str:
        line = clean_line(data, max_chars=self.max_length or 0)
        if not line and not self.allow_blank:
            self.fail("blank")
        return line


class SlugField(serializers.SlugField, TextField):
    """The last part of an address, in lower case."""

    def to_internal_value(self, data: str) -> str:
        return super().to_internal_value(data).lower()


class ContentField(TextField):
    """Markdown, as it is: nothing is trimmed, because leading spaces mean code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: str) -> str:
        return clean_content(data)


class TagsField(serializers.ListField):
    """A list of JSON strings; each tag once, whatever its case."""

    default_error_messages = {"not_a_list": "This is not a list."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=TextField(allow_blank=True), max_length=MAX_TAGS, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        return clean_tags(super().to_internal_value(data))


class VersionField(serializers.IntegerField):
    """A JSON integer that an article's `version` can be."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**53, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        raise serializers.ValidationError("This is not an integer.")
