"""HTML, Word and PDF files as Markdown; hostile ones refused with the reason."""

import io

import pytest
from docx import Document
from fpdf import FPDF

from knowledge.transfer.archives import RATIO_FROM_BYTES
from knowledge.transfer.converting import CannotConvert, Converted, convert, rejoined
from tests.knowledge.transfer.zips import png, zip_of

PNG = png()


def html(text: str, url: str = "") -> Converted:
    return convert(text.encode(), ".html", url=url)


def docx(*, paragraphs: int = 1, picture: bytes = b"") -> bytes:
    document, made = Document(), io.BytesIO()
    document.add_heading("Ports", level=1)
    for number in range(paragraphs):
        document.add_paragraph(f"The port is {8000 + number}.")
    if picture:
        document.add_picture(io.BytesIO(picture))
    document.save(made)
    return made.getvalue()


def pdf(*pages: str, title: str = "") -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=12)
    if title:
        made.set_title(title)
    for page in pages:
        made.add_page()
        made.multi_cell(0, text=page)
    return bytes(made.output())


def test_a_page_becomes_markdown_of_its_main_part() -> None:
    found = html(
        "<title>Site</title><meta name=description content='About ports'>"
        "<nav>Menu</nav><main><h1>Ports</h1><p>Use <b>80</b>.</p><ul><li>a<li>b</ul>"
        "<pre><code class=language-sh>run\n</code></pre></main><footer>Foot</footer>"
    )
    assert (found.title, found.summary) == ("Ports", "About ports")
    assert found.markdown.startswith("# Ports\n\nUse **80**.\n\n- a\n- b")
    assert "```sh\nrun\n```" in found.markdown
    assert "Menu" not in found.markdown
    assert "Foot" not in found.markdown


def test_x1_nothing_that_runs_comes_out_of_a_page() -> None:
    found = html(
        "<body><script>s()</script><svg onload=x()></svg><iframe src=//e></iframe><form>f</form>"
        "<p onclick=x()>Kept <a href='java&#115;cript:x()'>one</a> <a href=data:x>two</a>"
        "<img src=data:image/png;base64,AAAA alt=gone></p>"
    )
    assert found.markdown == "Kept one twogone"


def test_links_of_a_page_start_where_it_was_found() -> None:
    found = html(
        "<p><a href=../b?c=1>B</a><a href=#x>X</a><img src=/i.png>", url="https://e.org/a/"
    )
    assert "[B](https://e.org/b?c=1)[X](#x)![](https://e.org/i.png)" in found.markdown


def test_the_charset_of_the_server_counts() -> None:
    page = "<p>Größe".encode("latin-1")
    for charset in ("latin-1", "iso-8859-1", "windows-1252"):
        assert convert(page, ".html", charset=charset).markdown == "Größe"


@pytest.mark.parametrize("charset", ["", "no-such", "zlib", "undefined", "a\0b"])
def test_where_the_server_does_not_say_a_charset_the_page_does(charset: str) -> None:
    page = '<meta charset="windows-1252"><p>Größe'.encode("windows-1252")
    assert convert(page, ".html", charset=charset).markdown == "Größe"


def test_u2_a_page_nested_too_deep_is_refused() -> None:
    with pytest.raises(CannotConvert, match="nests deeper"):
        html("<div>" * 20_000)


def test_a_word_file_becomes_markdown_with_its_pictures() -> None:
    found = convert(docx(picture=PNG), ".docx")
    assert found.title == "Ports"
    assert "# Ports\n\nThe port is 8000." in found.markdown
    assert "](embedded-picture-0)" in found.markdown
    assert found.pictures == [PNG]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not a zip", "not a zip"),
        (zip_of({"a.md": "A"}), "no document"),
        (zip_of({"word/document.xml": "<broken"}), "damaged"),
        (zip_of({"word/document.xml": bytes(2 * RATIO_FROM_BYTES)}), "as a bomb does"),
    ],
)
def test_u2_a_bad_word_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(CannotConvert, match=reason):
        convert(data, ".docx")


def test_a_pdf_becomes_the_text_of_its_pages() -> None:
    found = convert(pdf("The port is 8000.", "# Not a heading", title="Ports"), ".pdf")
    assert found == Converted("The port is 8000.\n\n\\# Not a heading", "Ports")


def test_a_pdf_without_text_says_what_to_do() -> None:
    with pytest.raises(CannotConvert, match="recognise the text first"):
        convert(pdf(""), ".pdf")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"%PDF-1.4\n" + b"[" * 100_000])
def test_u2_a_bad_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(CannotConvert):
        convert(data, ".pdf")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("A long line of words that goes on\nand on to its end.", None),
        ("A word that is hyphen-\nated here", "A word that is hyphenated here"),
        ("One paragraph.\n\nAnother", "One paragraph.\n\nAnother"),
        ("A list of things here:\n- one\n- two", "A list of things here:\n\n- one\n\n- two"),
        ("The end.\nA new paragraph that is longer", "The end.\n\nA new paragraph that is longer"),
    ],
)
def test_lines_of_a_page_become_paragraphs(lines: str, text: str | None) -> None:
    assert rejoined(lines) == (text or lines.replace("\n", " "))
