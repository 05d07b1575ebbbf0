"""The fields that the accounts' API takes."""

from typing import Any

from django.core.validators import ProhibitNullCharactersValidator

from accounts.backends import MAX_IDENTITY
from accounts.policy import MAX_LENGTH
from kbsite.api.fields import TextField


class IdentityField(TextField):
    """A user name or an e-mail."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_IDENTITY, **kwargs)


class PasswordField(TextField):
    """A password exactly as it was sent: not trimmed, and any character may stand in it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            trim_whitespace=False,
            write_only=True,
            style={"input_type": "password"},
            **kwargs,
        )
        self.validators = [
            each
            for each in self.validators
            if not isinstance(each, ProhibitNullCharactersValidator)
        ]


class NewPasswordField(PasswordField):
    """One that is to be stored; the policy says more."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_LENGTH, **kwargs)


class CodeField(TextField):
    """A code of the second factor's app, or a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, write_only=True, **kwargs)
