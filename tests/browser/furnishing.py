"""A workspace in which every page has something to show, long words and hostile ones included."""

from collections.abc import Callable
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from knowledge.authoring.drafts import keep_draft
from knowledge.browsing.problem_reports import report_problem
from knowledge.editing import archive_article, edit_article, trash_article
from knowledge.models import Article, ImportJob, Membership, Role, Status, Workspace
from knowledge.people.invitations import invite
from knowledge.transfer.jobs import create_job
from tests.browser.live import wait_until
from tests.knowledge.transfer.zips import Contents, zip_of

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung " * 2
PAGES = ("See [nothing](no-such.md) and ![nothing](no-such.png).\n\n## Empty\n\n## Long\n\n") + (
    "A paragraph with some words in it. " * 60
)


def furnish(workspace: Workspace, root: User, make_article: Callable[..., Article]) -> list[str]:
    """Fill the workspace of the `manual`; the addresses of pages that no list of URLs knows."""
    _fill(workspace, root, make_article)
    member = _add_people(workspace)
    job = create_job(workspace=workspace, author=root, files=[_archive()])
    wait_until(
        lambda: ImportJob.objects.get(pk=job.pk).state == ImportJob.State.READY,
        seconds=30,
        what="the worker to check an import",
    )
    secrets = invite(workspace=workspace, email="eve@example.org", role=Role.EDITOR, by=root)[1]
    return [
        *(f"/w/team/a/ports{rest}" for rest in ("@1", "/compare?old=1&new=2&view=side")),
        f"/w/team/imports/{job.pk}",
        f"/w/team/people/{member.user_id}/remove",
        f"/w/team/people/{member.user_id}/transfer",
        "/w/team/trash/thrown-away/purge",
        "/w/team/articles/?tag=network",
        "/w/team/articles/?tag=no-such",
        "/w/team/a/pages/edit",
        f"/invitations/{secrets.mailed}",
        "/w/team/no-such-page",
    ]


def _fill(workspace: Workspace, root: User, make_article: Callable[..., Article]) -> None:
    make_article("Pages", PAGES, tags=["network", "a tag of many words"], category=LONG.split()[0])
    make_article(LONG.strip(), "A long title.", status=Status.DRAFT)
    gone = make_article("Thrown away", "Gone.")
    trash_article(gone, seen=gone.version, author=root)
    old = make_article("Out of date", "Once.")
    archive_article(old, seen=old.version, author=root)
    broken = make_article("Cannot be indexed", "Text.", pending=True)
    later = timezone.now() + timedelta(days=1)
    Article.objects.filter(pk=broken.pk).update(index_error="busy", not_before=later)
    ports = Article.objects.get(slug="ports")
    changed = ports.content.replace("8000", "9000").replace("Restart the site", "Start it anew")
    edit_article(ports, seen=ports.version, author=root, note="Another port", content=changed)
    report_problem(ports, kind="outdated", note="The port is 9001 now.", reporter=root, key="root")
    keep_draft(user=root, workspace=workspace, key="0" * 24, seen=0, fields={"title": LONG})


def _add_people(workspace: Workspace) -> Membership:
    for name, role in {"vera": Role.VIEWER, "edith": Role.EDITOR, "ada": Role.ADMIN}.items():
        user = User.objects.create_user(name, f"{name}@example.org")
        member = Membership.objects.create(workspace=workspace, user=user, role=role)
    return member


def _archive() -> SimpleUploadedFile:
    files: Contents = {"new.md": "# New\n\nText.", "bad.md": b"\xff", "notes.txt": "what?"}
    return SimpleUploadedFile("docs.zip", zip_of(files))
