"""What the database needs before the site can serve, and what only its first start brings.

Called by `manage.py first_start` on every start: with nothing to do it takes a few reads.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from kbsite.admins import create_admin
from kbsite.collections import ensure_collections
from kbsite.environment import BASE_DIR
from kbsite.mongo import database, site_settings
from knowledge.models import Workspace
from knowledge.search.preparing import prepare_search

Say = Callable[[str], object]
HELP = {
    "description": "How to ask, write, administer and run this knowledge base.",
    "example_questions": [
        "Who can see a draft?",
        "How do I make a backup?",
        "What happens when two people edit the same article?",
        "Does any text leave the machine?",
    ],
}


def prepare(*, say: Say) -> None:
    """Bring the schema up to date; on the first start, create an admin and import the manual.

    What was done is noted in the database, so an admin who deletes the manual keeps it deleted.
    """
    migrate(say=say)
    ensure_collections(database())
    prepare_search(say=say)
    once("admin", lambda: introduce_admin(say=say))
    once("help", lambda: import_manual(say=say))


def migrate(*, say: Say) -> None:
    """Apply the migrations that are missing; `migrate` itself takes seconds even without any."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)


def once(step: str, action: Callable[[], None]) -> None:
    """Do `action` unless the database says that it was done."""
    done = site_settings().find_one({"_id": "first_start"}) or {}
    if step not in done:
        action()
        site_settings().update_one(
            {"_id": "first_start"}, {"$set": {step: datetime.now(UTC)}}, upsert=True
        )


def introduce_admin(*, say: Say) -> None:
    """Create the first admin and say the password, unless there is a superuser already."""
    if User.objects.filter(is_superuser=True).exists():
        return
    user, password = create_admin()
    say("An admin was created. Sign in once with this password and choose your own:")
    say(f"    name      {user.username}")
    say(f"    password  {password}")
    say("It is not shown again; `manage.py reset_admin` makes another.")


def import_manual(*, say: Say) -> None:
    """Import `docs/` as the public workspace Help; a page that fails is said, not fatal."""
    say("Importing the manual as the workspace Help ...")
    try:
        call_command(
            "import_markdown",
            str(BASE_DIR / "docs"),
            workspace="help",
            create=True,
            visibility="public",
        )
    except CommandError as error:
        say(f"The manual was not imported completely: {error}")
    Workspace.objects.filter(slug="help").update(**HELP)
