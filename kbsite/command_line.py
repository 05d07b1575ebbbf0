"""The door of `manage.py`: the database that a command needs, before Django is imported.

Run by hand without MONGODB_URI, a command joins the embedded MongoDB, starting it if need be.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kbsite.environment import read_environment
from kbsite.mongod import embedded
from kbsite.preflight import check_var

# These touch no data; `mongod` runs the server itself.
WITHOUT_DATABASE = {"mongod", "check", "help", "version", "--help", "--version", "collectstatic"}


@contextmanager
def database_for(arguments: Sequence[str]) -> Iterator[None]:
    """Keep a database at hand for the command that `arguments` (sys.argv) name.

    Raises `CannotStart`, and `InvalidEnvironment` for a setting that cannot be used.
    """
    env = read_environment()
    command = arguments[1] if len(arguments) > 1 else "help"
    if env.mongodb_uri or command in WITHOUT_DATABASE or "--help" in arguments:
        yield
        return
    # however full the disk is: a backup to another one must be possible
    check_var(env.kb_var_dir, min_free=0)
    with embedded(env.kb_var_dir):
        yield
