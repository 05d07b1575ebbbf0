"""The user, whose document carries the hashes of the passwords that were used before."""

import unicodedata
from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone
from django_mongodb_backend.fields import EmbeddedModelArrayField
from django_mongodb_backend.models import EmbeddedModel


def identity_key(name: str) -> str:
    """The form in which names and e-mails are unique: NFKC, case-folded, trimmed."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


class RememberedPassword(EmbeddedModel):
    """One entry of a user's password history."""

    password = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now)


class User(AbstractUser):
    """A person who can sign in, by name or by e-mail."""

    username_key = models.CharField(max_length=150, editable=False)
    email_key = models.CharField(max_length=254, editable=False, blank=True, default="")
    must_change_password = models.BooleanField(
        default=False, help_text="After signing in, only the change-password page answers."
    )
    password_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    password_history = EmbeddedModelArrayField(RememberedPassword, default=list, editable=False)

    objects = UserManager()

    class Meta(AbstractUser.Meta):
        db_table = "users"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.username_key = identity_key(self.username)
        self.email_key = identity_key(self.email)
        super().save(*args, **kwargs)
