"""HTML, Word and PDF files to Markdown, by libraries made for each. Pure, without Django.

Hostile files are expected: `reading_process` calls this with limits of memory and time. What
comes out is Markdown like any other and is made safe where it becomes a page; scripts, forms
and pictures inside of addresses are dropped because they say nothing.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

from knowledge.transfer.archives import Archive, BadArchive
from knowledge.transfer.formats import DOCX, HTML, PDF

MAX_HTML_BYTES: Final = 10 * 1024 * 1024
MAX_CHARS: Final = 2_000_000
MAX_PAGES: Final = 2_000
EMBEDDED: Final = "embedded-picture-"
"""Starts the address of a picture that came inside of a Word file; its number follows."""

_DROPPED: Final = (
    "script", "style", "nav", "form", "iframe", "object", "embed", "svg", "math", "noscript",
    "template", "button", "input", "select", "textarea", "canvas", "audio", "video",
)  # fmt: skip
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_LOOKS_LIKE_MARKUP: Final = re.compile(r"(?m)^(\s{0,3})(#{1,6}\s|>|```|~~~|[-*_]{3,}\s*$|=+\s*$)")
_SENTENCE_END: Final = re.compile(
    r"[.!?:;\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$"  # those of other scripts, too
)
_ITEM: Final = re.compile(r"(?:[-\u2022*\u25e6\u25aa\u2013]|\d{1,3}[.)])\s+")


class CannotConvert(Exception):
    """The file does not become Markdown; the message says why."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A file as Markdown, with what it says about itself and the pictures that came inside."""

    markdown: str
    title: str = ""
    summary: str = ""
    pictures: list[bytes] = field(default_factory=list)


def convert(data: bytes, suffix: str, *, url: str = "", charset: str = "") -> Converted:
    """The file as Markdown. `url` is where a page was found: its links start there."""
    try:
        if suffix in HTML:
            return _from_html(data, url=url, charset=charset)
        return {DOCX: _from_docx, PDF: _from_pdf}[suffix](data)
    except RecursionError as error:
        raise CannotConvert("it nests deeper than can be read") from error


def _from_html(data: bytes, *, url: str, charset: str) -> Converted:
    from bs4 import BeautifulSoup

    if len(data) > MAX_HTML_BYTES:
        raise CannotConvert(f"it is over {MAX_HTML_BYTES // 1024 // 1024} MB of HTML")
    soup = BeautifulSoup(_decoded(data, charset), "lxml")
    title = soup.title.get_text() if soup.title else ""
    described = soup.find("meta", attrs={"name": "description"})
    summary = str(described.get("content", "")) if described else ""
    for unwanted in soup.find_all(_DROPPED):
        unwanted.decompose()
    body = soup.find("main") or soup.find("article") or soup.body or soup
    first = body.find("h1")
    _tidy(body, url)
    markdown = _markdown(body)
    return Converted(markdown, (first.get_text() if first else "") or title, summary)


def _decoded(data: bytes, charset: str) -> str | bytes:
    """As its server says; undecoded where that says nothing, for the page itself to say it.

    Not by lxml, which knows few of the names that a charset has.
    """
    try:
        return data.decode(charset, errors="replace") if charset else data
    except (LookupError, ValueError):
        return data


def _tidy(body: Any, url: str) -> None:
    """Make addresses whole; drop pictures that are written out inside of their address."""
    for picture in body.find_all("img"):
        source = str(picture.get("src") or "")
        if not source or source.lower().lstrip().startswith("data:"):
            picture.replace_with(str(picture.get("alt") or ""))
        elif url:
            picture["src"] = urljoin(url, source)
    for link in body.find_all("a", href=True):
        target = str(link["href"]).strip()
        if target.lower().startswith(("javascript:", "data:", "vbscript:")):
            link.unwrap()
        elif url and not target.startswith("#"):
            link["href"] = urljoin(url, target)


def _markdown(body: Any) -> str:
    from markdownify import MarkdownConverter

    converter = MarkdownConverter(
        heading_style="ATX", bullets="-", code_language_callback=_language
    )
    return _trimmed(str(converter.convert_soup(body)))


def _language(pre: Any) -> str:
    """The language that a highlighter's class names: `language-python`, `lang-sh`."""
    named = [pre, *pre.find_all("code", limit=1)]
    classes = (name for tag in named for name in (tag.get("class") or []))
    found = (re.fullmatch(r"lang(?:uage)?-([\w+#.-]{1,30})", name) for name in classes)
    return next((match[1] for match in found if match), "")


def _from_docx(data: bytes) -> Converted:
    from bs4 import BeautifulSoup

    _check_docx(data)
    html, pictures = _html_of_docx(data)
    if len(html) > MAX_HTML_BYTES:
        raise CannotConvert("its text is too long")
    body = BeautifulSoup(html, "lxml")
    first = body.find("h1")
    _tidy(body, "")
    return Converted(_markdown(body), first.get_text() if first else "", "", pictures)


def _html_of_docx(data: bytes) -> tuple[str, list[bytes]]:
    import mammoth

    convert: Any = mammoth.convert_to_html  # untyped
    element: Any = mammoth.images.img_element
    pictures: list[bytes] = []

    def keep(image: Any) -> dict[str, str]:
        with image.open() as opened:
            pictures.append(opened.read())
        return {"src": f"{EMBEDDED}{len(pictures) - 1}"}

    try:
        found = convert(io.BytesIO(data), convert_image=element(keep), external_file_access=False)
    except (RecursionError, MemoryError):
        raise
    except Exception as error:  # a damaged file breaks it anywhere
        raise CannotConvert("it cannot be read as a Word file: it is damaged") from error
    return str(found.value), pictures


def _check_docx(data: bytes) -> None:
    """A Word file is a zip: what makes a zip a bomb makes it one, too."""
    try:
        archive = Archive(io.BytesIO(data))
        problems = [entry.problem for entry in archive.files if entry.problem]
    except BadArchive as error:
        raise CannotConvert(f"it cannot be read as a Word file: {error}") from error
    if problems:
        raise CannotConvert(f"it cannot be read as a Word file: of a part of it, {problems[0]}")
    if "word/document.xml" not in archive:
        raise CannotConvert("it cannot be read as a Word file: it holds no document")


def _from_pdf(data: bytes) -> Converted:
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise CannotConvert("it is protected by a password")
        if len(reader.pages) > MAX_PAGES:
            raise CannotConvert(f"it has more than {MAX_PAGES:,} pages")
        title = str((reader.metadata.title if reader.metadata else "") or "")
        text = "\n\n".join(_pages(reader))
    except (CannotConvert, RecursionError, MemoryError):
        raise
    except Exception as error:  # a damaged file breaks it anywhere
        raise CannotConvert("it cannot be read as a PDF: it is damaged") from error
    if not text.strip():
        raise CannotConvert(
            "it holds no text, only pictures of it: recognise the text first (OCR), then try again"
        )
    return Converted(_trimmed(text), title)


def _pages(reader: Any) -> Iterator[str]:
    total = 0
    for page in reader.pages:
        paragraphs = rejoined(page.extract_text())
        total += len(paragraphs)
        if total > MAX_CHARS:
            raise CannotConvert("its text is too long for one article")
        yield _LOOKS_LIKE_MARKUP.sub(r"\1\\\2", paragraphs)


def rejoined(text: str) -> str:
    """The lines of a printed page as paragraphs: words cut at a line's end are made whole."""
    lines = [line.strip() for line in text.splitlines()]
    width = max((len(line) for line in lines), default=0)
    paragraphs: list[str] = []
    previous = ""
    for line in lines:
        if line and previous and not _begins_anew(previous, line, width):
            paragraphs[-1] = _continued(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        previous = line
    return "\n\n".join(paragraphs)


def _begins_anew(previous: str, line: str, width: int) -> bool:
    short = len(previous) < 0.75 * width
    return bool(_ITEM.match(line)) or (
        short and (bool(_SENTENCE_END.search(previous)) or line[:1].isupper())
    )


def _continued(text: str, line: str) -> str:
    if text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower():
        return text[:-1] + line
    return f"{text} {line}"


def _trimmed(markdown: str) -> str:
    lines = "\n".join(line.rstrip() for line in markdown.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip("\n")
