"""Find a Chromium for the browser tests, installing one when there is none; print its path.

KB_CHROMIUM, then one on PATH, then apt-get where this runs as root, then Playwright's own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str:
    """The path of a Chromium that can be started. Exits with a remedy when there is none."""
    return _chosen() or _on_system() or _from_apt() or _from_playwright()


def _chosen() -> str | None:
    path = os.environ.get("KB_CHROMIUM")
    if path and not shutil.which(path):
        sys.exit(f"KB_CHROMIUM is {path}, which cannot be run. Correct it or leave it out.")
    return path or None


def _on_system() -> str | None:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)


def _from_apt() -> str | None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    _run("apt-get", "update", "-qq")
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    return _on_system()


def _from_playwright() -> str:
    if not _run(sys.executable, "-m", "playwright", "install", "chromium"):
        sys.exit("No Chromium was found or installed. Install one, or set KB_CHROMIUM to its path.")
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _run(*command: str) -> bool:
    """Run an installer with its output on stderr: stdout is for the path."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, stdout=sys.stderr, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.stdout.write(find() + "\n")
