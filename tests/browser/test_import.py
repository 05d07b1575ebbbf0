"""An import in a browser: checked, confirmed, watched, and then searchable."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from kbsite import mongo
from knowledge.browsing.listing import PAGE
from knowledge.models import Article, Role, Workspace
from tests.browser.conftest import wait_until_indexed
from tests.browser.looking import look_at
from tests.browser.signing_in import sign_in
from tests.knowledge.transfer.zips import Contents, png, zip_of

SLOW = 30_000
FILES = 40
CHARS = 500
"""Of each file: indexing takes as long as the text is."""
DOCS: Contents = {
    "guide/ports.md": "---\ntitle: Ports\ntags: [network]\n---\n\nUse 80. See [hosts](hosts.md).",
    "guide/hosts.md": "# Hosts\n\nAny host will do.",
    "guide/old.html": "<h1>Old</h1><p>Kept. <img src=../img/red.png alt=Red>",
    "guide/broken.md": b"\xff",
    "img/red.png": png(),
}
NOTE_PROGRESS = """
const note = () => {
    const bar = document.querySelector("progress[value]");
    const seen = JSON.parse(sessionStorage.seen || "[]");
    if (!bar || seen.at(-1) === bar.value) return;
    sessionStorage.seen = JSON.stringify([...seen, bar.value]);
};
new MutationObserver(note).observe(document, {childList: true, subtree: true, attributes: true});
"""


@pytest.fixture
def imports(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    """The page of imports, with an editor signed in."""
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    sign_in(page, "edith", at="/w/team/articles/")
    page.get_by_role("main").get_by_role("link", name="Import", exact=False).first.click()
    return page


def check(imports: Page, contents: Contents, folder: Path) -> None:
    """Upload a zip of the contents, and wait for the report of what it would do."""
    archive = folder / "docs.zip"
    archive.write_bytes(zip_of(contents))
    imports.get_by_label("Files").set_input_files(archive)
    imports.get_by_role("button", name="Check").click()
    expect(imports.get_by_text("this is what would happen")).to_be_visible(timeout=SLOW)


def confirm(imports: Page) -> None:
    imports.get_by_label("Published articles").check()
    imports.get_by_role("button", name="Import", exact=True).click()
    expect(imports.get_by_text("Imported.")).to_be_visible(timeout=SLOW)


def test_a_zip_is_checked_confirmed_watched_and_becomes_searchable(
    imports: Page, tmp_path: Path
) -> None:
    check(imports, DOCS, tmp_path)
    expect(imports.get_by_text("It is not UTF-8")).to_be_visible()
    assert Article.objects.count() == 0
    look_at(imports, "import-ready")
    confirm(imports)
    expect(imports.get_by_role("link", name="Hosts")).to_be_visible()
    look_at(imports, "import-done")
    for article in Article.objects.all():
        wait_until_indexed(article)
    imports.get_by_role("link", name="Ports", exact=True).click()
    imports.get_by_role("link", name="hosts", exact=True).click()
    expect(imports.get_by_text("Any host will do.")).to_be_visible()
    assert len(Article.objects.get(title="Old").image_ids) == 1


@pytest.fixture
def manual_files(shared_data: Callable[[str], Path]) -> Contents:
    """The shortest files of a real manual; where it is absent, this product's own, repeated."""
    try:
        files = shared_data("next_docs").rglob("*.md*")
    except pytest.skip.Exception:
        files = (settings.BASE_DIR / "docs").glob("*.md")
    found = sorted(files, key=lambda file: file.stat().st_size)
    return {f"{n:02}.md": file.read_text()[:CHARS] for n, file in zip(range(FILES), cycle(found))}


@contextmanager
def slow_database() -> Iterator[None]:
    """So that there is something to watch on a fast machine: an article is written in a
    transaction, and indexed in another one, after it was leased by findAndModify.
    """
    slow = ["commitTransaction", "findAndModify"]
    data = {"failCommands": slow, "blockConnection": True, "blockTimeMS": 120}
    fail = {"configureFailPoint": "failCommand"}
    mongo.client().admin.command({**fail, "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        mongo.client().admin.command({**fail, "mode": "off"})


def test_the_import_of_a_manual_is_watched_until_it_is_searchable(
    imports: Page, manual_files: Contents, tmp_path: Path
) -> None:
    imports.add_init_script(NOTE_PROGRESS)
    check(imports, manual_files, tmp_path)
    imports.evaluate("sessionStorage.clear()")
    with slow_database():
        confirm(imports)
        progress = json.loads(imports.evaluate("sessionStorage.seen"))
        imports.get_by_role("link", name="To the articles").click()
        badges = imports.locator("main .index-state")
        expect(badges).to_have_count(PAGE)
        waiting = badges.filter(has_text=re.compile("waiting|indexing")).first
        expect(waiting).to_be_visible()
        imports.evaluate("window.notReloaded = true")
    expect(badges.filter(has_text="searchable")).to_have_count(PAGE, timeout=SLOW)
    assert imports.evaluate("window.notReloaded")
    assert Article.objects.count() == FILES
    assert len(progress) > 1
    assert progress == sorted(progress)
