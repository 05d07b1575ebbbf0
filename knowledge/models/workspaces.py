"""Workspaces, who belongs to them, and who is invited. Who may see what is `access.py`."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django_mongodb_backend.fields import ArrayField

MAX_SLUG = 80


class Visibility(models.TextChoices):
    PUBLIC = "public", "Everyone"
    MEMBERS = "members", "Members of the workspace"
    PRIVATE = "private", "Editors and admins only"


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    ADMIN = "admin", "Admin"


class Workspace(models.Model):
    """A tenant: a body of knowledge with its own readers, editors and search index."""

    slug = models.SlugField(max_length=MAX_SLUG, unique=False, db_index=False)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True, default="")
    visibility = models.CharField(
        max_length=10,
        choices=[(v.value, v.label) for v in (Visibility.PUBLIC, Visibility.MEMBERS)],
        default=Visibility.MEMBERS,
        help_text="Public: anyone may read it. Members: only people who were added.",
    )
    require_mfa = models.BooleanField(
        "require a second step at sign-in",
        default=False,
        help_text="Members who have set none up may do no more here than strangers.",
    )
    example_questions = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, size=None
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_workspaces",
        db_index=False,
        help_text="An admin whom nobody else can remove.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # counts the changes of who belongs to it, so that two at once collide: see `people/members`
    people_version = models.IntegerField(default=0, editable=False)
    # archived: read and searched as before, written by nobody
    archived_at = models.DateTimeField(null=True, editable=False)
    # deleted: closed to everyone at once, and emptied by the worker
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "workspaces"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("knowledge:search", args=[self.slug])


class Membership(models.Model):
    """What one user may do in one workspace."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "memberships"

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class Invitation(models.Model):
    """A link, sent by e-mail, that makes whoever opens it a member. See `people/invitations`.

    Only the hash of its token is stored. `created_at` is when it was sent last.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="invitations", db_index=False
    )
    email = models.EmailField()
    email_key = models.CharField(max_length=254)
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    token_hash = models.CharField(max_length=64)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "invitations"
        ordering = ["email"]

    def __str__(self) -> str:
        return f"{self.email}: {self.get_role_display()}"


class SentInvitation(models.Model):
    """That somebody sent an invitation: counted for an hour, whatever became of it."""

    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "sent_invitations"

    def __str__(self) -> str:
        return f"{self.sender}: {self.sent_at}"
