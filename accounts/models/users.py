"""The user, whose document carries the hashes of the passwords that were used before.

Which passwords are allowed is `passwords.py`; this module keeps what was chosen, so that no
hash is ever lost: an existing user's hash changes by compare-and-set and in no other way.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.hashers import check_password, is_password_usable, make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField
from django_mongodb_backend.models import EmbeddedModel

from accounts.identity import identity_key, name_characters

HASH_FIELDS = {"password", "password_history", "password_changed_at"}
MFA_FIELDS = {
    "mfa_secret",
    "mfa_pending",
    "mfa_pending_at",
    "mfa_pending_session",
    "mfa_enabled_at",
    "mfa_last_step",
    "recovery_salt",
    "recovery_codes",
}
EMAIL_FIELDS = {"email_verified_at", "email_pending", "unconfirmed_until"}
# never written by save(), which may hold a stale copy: only by compare-and-set
GUARDED_FIELDS = HASH_FIELDS | MFA_FIELDS | EMAIL_FIELDS
KEY_FIELDS = {"username": "username_key", "email": "email_key"}


class PasswordConflict(Exception):
    """Another change of the password came first; nothing was stored."""


class RememberedPassword(EmbeddedModel):
    """One entry of a user's password history."""

    password = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now)


class People(UserManager["User"]):
    """Makes users whose first password obeys the policy, and finds them whatever the case."""

    def _create_user_object(
        self, username: str, email: str | None, password: str | None, **extra_fields: Any
    ) -> "User":
        # the one step shared by create_user, create_superuser and their async forms
        user: User = super()._create_user_object(  # type: ignore[misc]
            username, email, None, **extra_fields
        )
        if password is not None:
            user.set_password(password)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=identity_key(username or ""))


class User(AbstractUser):
    """A person who can sign in, by name or by e-mail.

    `password_history` holds the current hash too: newest last, at most `PASSWORD_HISTORY`.
    """

    # what one may do follows from workspaces' memberships and is_superuser alone
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    username = models.CharField(
        "user name",
        max_length=150,
        unique=True,
        validators=[name_characters],
        help_text="Letters, digits and . + - _",
        error_messages={"unique": "Somebody already has this user name."},
    )
    email = models.EmailField("e-mail address", blank=True)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Take it away rather than delete somebody who may come back.",
    )
    is_superuser = models.BooleanField(
        "administrator",
        default=False,
        help_text="Manages people and workspaces here, and is an admin of every workspace.",
    )
    username_key = models.CharField(max_length=150, editable=False)
    email_key = models.CharField(max_length=254, editable=False, blank=True, default="")
    must_change_password = models.BooleanField(
        default=False, help_text="After signing in, only the change-password page answers."
    )
    password_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    password_history = EmbeddedModelArrayField(RememberedPassword, default=list, editable=False)
    # null: somebody else gave the address, and nobody has shown yet that they read its mail
    email_verified_at = models.DateTimeField(null=True, editable=False)
    # an address that becomes theirs once its owner opens the link; see `email_addresses.py`
    email_pending = models.CharField(max_length=254, default="", editable=False)
    # set for accounts that anybody may make: until it is confirmed nobody signs in, and then
    # MongoDB removes the document
    unconfirmed_until = models.DateTimeField(null=True, editable=False)

    # the second factor, by `mfa.py` and `recovery_codes.py`; secrets are encrypted
    mfa_secret = models.CharField(max_length=255, default="", editable=False)
    mfa_pending = models.CharField(max_length=255, default="", editable=False)
    mfa_pending_at = models.DateTimeField(null=True, editable=False)
    mfa_pending_session = models.CharField(max_length=24, default="", editable=False)
    mfa_enabled_at = models.DateTimeField(null=True, editable=False)
    mfa_last_step = models.BigIntegerField(default=0, editable=False)
    recovery_salt = models.CharField(max_length=64, default="", editable=False)
    recovery_codes = ArrayField(
        models.CharField(max_length=128), default=list, editable=False, size=None
    )

    objects: ClassVar[People] = People()

    class Meta(AbstractUser.Meta):
        db_table = "users"
        verbose_name = "person"
        verbose_name_plural = "people"

    @property
    def has_mfa(self) -> bool:
        return bool(self.mfa_secret)

    # for the rules about passwords: the name of what whoever makes this account is invited to
    joins = ""

    # the stored hash that a new one, set but not yet saved, is to replace
    _replaces: str | None = None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the user with the first password remembered, or update what changed.

        An existing user's password is stored only if it was set by `set_password`, and only if
        nobody was faster (`PasswordConflict`): a stale copy cannot bring an old one back.
        """
        self.username_key, self.email_key = identity_key(self.username), identity_key(self.email)
        if self._state.adding:
            self.password_history = self._remember(self.password, at=self.password_changed_at)
        else:
            self._store_pending()
            kwargs["update_fields"] = self._updatable(kwargs.get("update_fields"))
        super().save(*args, **kwargs)

    @sensitive_variables("raw_password")
    def set_password(self, raw_password: str | None) -> None:
        """Set a password, which `save()` stores; Django's own forms and commands come here.

        Raises `ValidationError` with every rule of the policy that it breaks.
        """
        if raw_password is None:
            return self.set_unusable_password()
        validate_password(raw_password, self)
        self._begin_replacing()
        return super().set_password(raw_password)

    def set_unusable_password(self) -> None:
        self._begin_replacing()
        super().set_unusable_password()

    def replace_hash(self, encoded: str, *, seen: str, must_change: bool = False) -> None:
        """Store and remember a new hash in one write, if the stored one still is `seen`.

        With it goes an e-mail change that waits: whoever knew the old password may have asked for
        it. Raises `PasswordConflict` otherwise. The caller has validated the password.
        """
        now = timezone.now()
        waits = self.email_pending if self.unconfirmed_until else ""
        self._compare_and_set(
            seen,
            password=encoded,
            password_history=self._remember(seen, encoded, at=now),
            password_changed_at=now,
            must_change_password=must_change,
            email_pending=waits,
        )

    def remembered_hashes(self) -> list[str]:
        """The hashes that may not be used again: the current one and the last ones, distinct."""
        kept = self.password_history[-settings.PASSWORD_HISTORY :]
        return list(dict.fromkeys([self.password, *(entry.password for entry in kept)]))

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password; a hash of another cost is replaced by one of today's."""
        return check_password(raw_password, self.password, self._upgrade_hash)

    async def acheck_password(self, raw_password: str | None) -> bool:
        return await sync_to_async(self.check_password)(raw_password)

    def _begin_replacing(self) -> None:
        if self._replaces is None and not self._state.adding:
            self._replaces = self.password

    def _store_pending(self) -> None:
        if self._replaces is not None:
            self.replace_hash(
                self.password, seen=self._replaces, must_change=self.must_change_password
            )
            self._replaces = None

    def _remember(self, *hashes: str, at: datetime) -> list[RememberedPassword]:
        """The history with these hashes at its end: those that are usable and not there yet."""
        known = {entry.password for entry in self.password_history}
        new = [each for each in hashes if is_password_usable(each) and each not in known]
        added = [RememberedPassword(password=each, created_at=at) for each in new]
        return [*self.password_history, *added][-settings.PASSWORD_HISTORY :]

    @sensitive_variables("raw_password")
    def _upgrade_hash(self, raw_password: str) -> None:
        encoded, history = make_password(raw_password), list(self.password_history)
        if history and history[-1].password == self.password:
            history[-1] = RememberedPassword(password=encoded, created_at=history[-1].created_at)
        # whoever changes the password at this very moment is right, and needs no upgrade
        with suppress(PasswordConflict):
            self._compare_and_set(self.password, password=encoded, password_history=history)

    def _compare_and_set(self, seen: str, **changes: Any) -> None:
        if not User.objects.filter(pk=self.pk, password=seen).update(**changes):
            raise PasswordConflict
        for name, value in changes.items():
            setattr(self, name, value)

    def _updatable(self, asked: Iterable[str] | None) -> set[str]:
        fields = {f.attname for f in self._meta.concrete_fields if not f.primary_key}
        names = fields - self.get_deferred_fields() if asked is None else set(asked)
        return (names | {KEY_FIELDS[name] for name in names & KEY_FIELDS.keys()}) - GUARDED_FIELDS
