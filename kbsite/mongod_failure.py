"""Why a mongod process ended: from its exit code, what it printed and its log, to one sentence.

Exit codes are those of https://www.mongodb.com/docs/manual/reference/exit-codes/.
"""

import json
import re
import signal
from pathlib import Path

from kbsite.mongod_files import ServerFiles
from kbsite.preflight import CannotStart, other_version

LOADER = re.compile(r"error while loading shared libraries: (\S+?):")
GLIBC = re.compile(r"version `(GLIBC\w*_[\d.]+)' not found")
# The Debian and Ubuntu packages of what the bundled Linux server links to
PACKAGES = {
    "libcurl": "libcurl4",
    "libssl": "libssl3",
    "libcrypto": "libssl3",
    "liblzma": "liblzma5",
    "libgcc_s": "libgcc-s1",
}
OTHER_SERVER = "another MongoDB 6.0 or newer on PATH, or set MONGODB_URI"
# What mongod writes to its log as the first line of each run
LOG_START = '"id":4615611'
NEED_DOWNGRADE, PORT_TAKEN = 62, 48
OTHER_VERSION = re.compile(
    r"Found an invalid featureCompatibilityVersion|UPGRADE PROBLEM|unsupported WiredTiger file"
    r"|Wrong mongod version|featureCompatibilityVersion document"
)


def explain(files: ServerFiles, code: int) -> CannotStart:
    """Why mongod ended with `code`, and what to do about it.

    A negative code is a signal; 0 also stands for one that is not known.
    """
    console, log = _tail(files.console), _last_run(_tail(files.log))
    return _loader_problem(console) or _data_problem(files, code, log) or _unknown(files, code, log)


def _loader_problem(console: str) -> CannotStart | None:
    if missing := LOADER.search(console):
        return _missing_library(missing[1])
    if old := GLIBC.search(console):
        return CannotStart(
            f"This system is older than the bundled MongoDB needs ({old[1]} is missing).",
            f"Use {OTHER_SERVER}.",
        )
    return None


def _missing_library(library: str) -> CannotStart:
    package = PACKAGES.get(library.partition(".")[0])
    install = f"sudo apt-get install {package}" if package else f"the package that holds {library}"
    return CannotStart(
        f"The bundled MongoDB needs the shared library {library}, which this system lacks.",
        f"Install it ({install}; elsewhere your system's package of it), or use {OTHER_SERVER}.",
    )


def _data_problem(files: ServerFiles, code: int, log: str) -> CannotStart | None:
    if code == -signal.SIGILL:
        return CannotStart(
            "This processor lacks an instruction that the bundled MongoDB needs (AVX).",
            "Set MONGODB_URI to a server on another machine.",
        )
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        return CannotStart(
            f"The embedded MongoDB was ended from outside (signal {-code}).",
            "Start again: what was acknowledged is kept. If nobody ended it, the system may have "
            "run out of memory.",
        )
    if "No space left on device" in log:
        return CannotStart(
            f"The disk that holds {files.root} is full: the embedded MongoDB stopped.",
            "Free at least 500 MB and start again; what was acknowledged is kept.",
        )
    if code == NEED_DOWNGRADE or OTHER_VERSION.search(log):
        return other_version(files.root.parent, "the embedded MongoDB cannot read it")
    if code == PORT_TAKEN or "Address already in use" in log:
        return CannotStart(
            f"Port {files.port.read_text()}, kept for the embedded MongoDB, was just taken.",
            "Start again: it moves to a free one.",
        )
    return None


def _unknown(files: ServerFiles, code: int, log: str) -> CannotStart:
    how = f" with signal {-code}" if code < 0 else f" with exit code {code}" if code else ""
    last = _last_error(log)
    return CannotStart(
        f"The embedded MongoDB stopped{how}{': ' + last if last else ''}.",
        f"Its log says more: {files.log}. The data can be moved away ({files.root.parent}) and a "
        "backup restored.",
    )


def _tail(path: Path, size: int = 256 * 1024) -> str:
    """The last `size` bytes of a file that may be absent or hold anything."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read().decode(errors="replace")


def _last_run(log: str) -> str:
    return log[max(log.rfind(LOG_START), 0) :]


def _last_error(log: str) -> str:
    """The last error that a JSON log holds, on one line of at most 200 characters."""
    for line in reversed(log.splitlines()):
        if '"s":"E"' in line or '"s":"F"' in line:
            return _one_line(line)
    return ""


def _one_line(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    text = f"{entry.get('msg', '')} {entry.get('attr', {}).get('error', '')}"
    return " ".join(text.split())[:200]
