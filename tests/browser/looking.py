"""Screenshots for people to look at, where KB_SCREENSHOTS names a folder for them."""

import os
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

WIDTHS = (1280, 768, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def look_at(page: Page, name: str) -> None:
    """Keep the page in three widths, light and dark."""
    if not (folder := os.environ.get("KB_SCREENSHOTS")):
        return
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.emulate_media(color_scheme="light")
