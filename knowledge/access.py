"""The one door: who may read, and who may edit. Only this module makes a `Scope`.

A scope comes from the user on the server; nothing in a request can widen it, and an empty
scope finds nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bson import ObjectId
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace

Person = AbstractBaseUser | AnonymousUser

READS: dict[Role | None, tuple[Visibility, ...]] = {
    None: (Visibility.PUBLIC,),
    Role.VIEWER: (Visibility.PUBLIC, Visibility.MEMBERS),
    Role.EDITOR: (Visibility.PUBLIC, Visibility.MEMBERS, Visibility.PRIVATE),
    Role.ADMIN: (Visibility.PUBLIC, Visibility.MEMBERS, Visibility.PRIVATE),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be read: pairs of (workspace id as a string, visibility)."""

    grants: frozenset[tuple[str, str]] = frozenset()

    def allows(self, *, workspace_id: str, visibility: str) -> bool:
        return (workspace_id, visibility) in self.grants

    def covers(self, other: "Scope") -> bool:
        """Whether everything that the other scope reads may be read by this one too."""
        return other.grants <= self.grants

    @property
    def workspace_ids(self) -> frozenset[str]:
        return frozenset(workspace_id for workspace_id, _ in self.grants)

    def visibilities(self, workspace_id: str) -> frozenset[str]:
        return frozenset(shown for owner, shown in self.grants if owner == workspace_id)


NOTHING = Scope()


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may do in one workspace.

    `manage`: its people and settings; `own`: to give it to somebody else, and to delete it.
    """

    scope: Scope = NOTHING
    role: Role | None = None
    edit: bool = False
    manage: bool = False
    own: bool = False

    @property
    def writer(self) -> bool:
        """Whether they may edit, or might if the workspace were not archived."""
        return self.role in (Role.EDITOR, Role.ADMIN)


def rights_in(user: Person, workspace: Workspace) -> Rights:
    """The person's rights, by one look at their membership.

    Nobody writes in an archived workspace; its admins still manage it. A deleted one is closed to
    everyone. Where a second factor is required, who has none is as one who does not belong to it.
    """
    return _rights(user, role_of(user, workspace), workspace)


def rights_of(
    users: Collection[User], pairs: Collection[tuple[ObjectId, ObjectId]]
) -> dict[tuple[ObjectId, ObjectId], Rights]:
    """`rights_in` for many pairs of (user id, workspace id), by one look at each collection."""
    people = {user.pk: user for user in users}
    spaces = {w.pk: w for w in Workspace.objects.filter(pk__in={space for _, space in pairs})}
    roles = {
        (membership.user_id, membership.workspace_id): Role(membership.role)
        for membership in Membership.objects.filter(
            user_id__in=list(people), workspace_id__in=list(spaces)
        )
    }
    rights = dict.fromkeys(pairs, Rights())
    for pair in pairs:
        user, workspace = people.get(pair[0]), spaces.get(pair[1])
        if user and workspace:
            rights[pair] = _rights(user, _role(user, roles.get(pair)), workspace)
    return rights


def _rights(user: Person, role: Role | None, workspace: Workspace) -> Rights:
    role = None if _lacks_second_factor(user, workspace) else role
    closed = role is None and workspace.visibility != Visibility.PUBLIC
    if closed or workspace.deleted_at is not None:
        return Rights()
    scope = Scope(frozenset((str(workspace.pk), str(shown)) for shown in READS[role]))
    edit = role in (Role.EDITOR, Role.ADMIN) and workspace.archived_at is None
    manage = role == Role.ADMIN
    own = manage and isinstance(user, User) and (user.is_superuser or workspace.owner_id == user.pk)
    return Rights(scope=scope, role=role, edit=edit, manage=manage, own=own)


def kept_from(user: Person, workspace: Workspace) -> Role | None:
    """The role that a second factor would give them back, which the workspace requires."""
    if workspace.deleted_at or not _lacks_second_factor(user, workspace):
        return None
    return role_of(user, workspace)


def kept_workspaces(user: Person) -> list[Workspace]:
    """Those that a second factor would open to the person, or give them back their role in."""
    if not isinstance(user, User) or user.has_mfa:
        return []
    asking = list(Workspace.objects.filter(deleted_at=None, require_mfa=True))
    return [workspace for workspace in asking if role_of(user, workspace)]


def _lacks_second_factor(user: Person, workspace: Workspace) -> bool:
    return workspace.require_mfa and isinstance(user, User) and not user.has_mfa


def role_of(user: Person, workspace: Workspace) -> Role | None:
    """The user's role in the workspace, also where a missing second factor keeps them from it.

    A superuser is an admin everywhere.
    """
    if not isinstance(user, User) or user.is_superuser:
        return _role(user, None)
    membership = Membership.objects.filter(workspace_id=workspace.pk, user_id=user.pk).first()
    return _role(user, Role(membership.role) if membership else None)


def _role(user: Person, member_as: Role | None) -> Role | None:
    if not isinstance(user, User) or not user.is_active:
        return None
    return Role.ADMIN if user.is_superuser else member_as


def may_create_workspaces(user: Person) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_superuser or settings.WORKSPACE_CREATORS == "everyone"


def scope_for(user: Person, workspace: Workspace) -> Scope:
    """What the user may read in this workspace; nothing where they may not enter it."""
    return rights_in(user, workspace).scope


def readable_workspaces(user: Person) -> list[Workspace]:
    """The workspaces that the user may enter, by name; archived ones among them."""
    workspaces = list(Workspace.objects.filter(deleted_at=None))
    joined = _joined(user, workspaces)
    return [w for w in workspaces if w.visibility == Visibility.PUBLIC or w.pk in joined]


def _joined(user: Person, workspaces: Collection[Workspace]) -> set[ObjectId]:
    """The ids of those in which the person has a role that nothing keeps them from."""
    if not isinstance(user, User) or not user.is_active:
        return set()
    open_to_them = {w.pk for w in workspaces if not _lacks_second_factor(user, w)}
    if user.is_superuser:
        return open_to_them
    memberships = Membership.objects.filter(user_id=user.pk)
    return open_to_them & set(memberships.values_list("workspace_id", flat=True))


def workspace_or_none(user: Person, slug: str) -> Workspace | None:
    """The workspace, or None alike where it does not exist and where it is closed to the user."""
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None or not scope_for(user, workspace).grants:
        return None
    return workspace


def readable_article(user: Person, workspace: Workspace, slug: str) -> Article | None:
    """The article if the user may read it; editors also see what is not published."""
    article = Article.objects.filter(workspace_id=workspace.pk, slug=slug).first()
    if article is None or not may_read(rights_in(user, workspace), article):
        return None
    article.workspace = workspace
    return article


def may_read(rights: Rights, article: Article) -> bool:
    """Whether the article's own page answers: not from the trash, and drafts to its writers."""
    if not rights.scope.allows(
        workspace_id=str(article.workspace_id), visibility=article.visibility
    ):
        return False
    return article.status == Status.PUBLISHED or (
        rights.writer and article.status != Status.TRASHED
    )


def may_see_image(rights: Rights, workspace: Workspace, image_id: ObjectId) -> bool:
    """Writers see every image of their workspace; readers those of what they may read."""
    if rights.writer:
        return True
    return Article.objects.filter(
        workspace_id=workspace.pk,
        image_ids__contains=[image_id],
        status=Status.PUBLISHED,
        visibility__in=rights.scope.visibilities(str(workspace.pk)),
    ).exists()
