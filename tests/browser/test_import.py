"""An import in a browser: checked, confirmed, watched, and then searchable."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from knowledge.models import Article, Role, Workspace
from tests.browser.conftest import wait_until_indexed
from tests.browser.looking import look_at
from tests.conftest import PASSWORD
from tests.knowledge.transfer.zips import Contents, png, zip_of

SLOW = 30_000
DOCS: Contents = {
    "guide/ports.md": "---\ntitle: Ports\ntags: [network]\n---\n\nUse 80. See [hosts](hosts.md).",
    "guide/hosts.md": "# Hosts\n\nAny host will do.",
    "guide/old.html": "<h1>Old</h1><p>Kept. <img src=../img/red.png alt=Red>",
    "guide/broken.md": b"\xff",
    "img/red.png": png(),
}


@pytest.fixture
def imports(page: Page, workspace: Workspace, make_user: Callable[..., User]) -> Page:
    """The page of imports, with an editor signed in."""
    make_user("edith", workspace=workspace, role=Role.EDITOR)
    page.goto("/accounts/login/?next=/w/team/articles/")
    page.get_by_label("User name or e-mail").fill("edith")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("main").get_by_role("link", name="Import", exact=False).first.click()
    return page


def test_a_zip_is_checked_confirmed_watched_and_becomes_searchable(
    imports: Page, tmp_path: Path
) -> None:
    archive = tmp_path / "docs.zip"
    archive.write_bytes(zip_of(DOCS))
    imports.get_by_label("Files").set_input_files(archive)
    imports.get_by_role("button", name="Check").click()
    expect(imports.get_by_text("this is what would happen")).to_be_visible(timeout=SLOW)
    expect(imports.get_by_text("It is not UTF-8")).to_be_visible()
    assert Article.objects.count() == 0
    look_at(imports, "import-ready")
    imports.get_by_label("Published articles").check()
    imports.get_by_role("button", name="Import", exact=True).click()
    expect(imports.get_by_text("Imported.")).to_be_visible(timeout=SLOW)
    expect(imports.get_by_role("link", name="Hosts")).to_be_visible()
    look_at(imports, "import-done")
    for article in Article.objects.all():
        wait_until_indexed(article)
    imports.get_by_role("link", name="Ports", exact=True).click()
    imports.get_by_role("link", name="hosts", exact=True).click()
    expect(imports.get_by_text("Any host will do.")).to_be_visible()
    assert len(Article.objects.get(title="Old").image_ids) == 1
