"""Fields that take the JSON type that they name and no other: nothing becomes text by chance."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty


class TextField(serializers.CharField):
    """A JSON string."""

    default_error_messages = {"blank": "This field is required.", "invalid": "This is not a text."}

    def run_validation(self, data: Any = empty) -> Any:
        if data is not empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class WordField(serializers.ChoiceField):
    """One of a few words."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in self.choices:
            return data
        raise serializers.ValidationError(f"Use one of: {', '.join(self.choices)}.")
