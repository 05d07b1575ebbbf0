"""Which files can be imported, told by the end of their names; and what a server calls them."""

from pathlib import PurePosixPath
from typing import Final

ARCHIVE: Final = ".zip"
MARKDOWN: Final = frozenset({".md", ".mdx", ".markdown", ".txt"})
HTML: Final = frozenset({".html", ".htm"})
DOCX: Final = ".docx"
PDF: Final = ".pdf"
IMPORTABLE: Final = MARKDOWN | HTML | {DOCX, PDF}
PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".bmp"})
"""Files that belong to articles and are none themselves; not all of them can be shown."""

NAMES: Final = "Markdown, text, HTML, Word (.docx) or PDF files"

BY_CONTENT_TYPE: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
    "application/pdf": PDF,
}


def suffix_of(path: str) -> str:
    """The end of the path from its last dot, in lower case."""
    return PurePosixPath(path).suffix.lower()


def is_importable(path: str) -> bool:
    return suffix_of(path) in IMPORTABLE
