"""Article pages: anchors that links reach, safe addresses, readable code and tables."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import frontmatter
import pytest
from hypothesis import given

from knowledge.article_html import article_html
from knowledge.chunking import chunk
from knowledge.highlighting import COLOURED_CHARS
from knowledge.markdown import headings, parse
from knowledge.sanitizing import clean_article
from tests.knowledge.html_check import article_problems, elements, ids, text_of
from tests.knowledge.markdown_texts import anything


def html_of(source: str, title: str = "") -> str:
    return article_html(source, title=title)[0]


def only(source: str, wanted: str) -> dict[str, str]:
    """The attributes of the one `wanted` element that is not a heading's own link."""
    found = [a for tag, a in elements(html_of(source)) if tag == wanted and "class" not in a]
    assert len(found) == 1
    return found[0]


def test_a_heading_has_an_id_and_a_link_to_itself() -> None:
    assert html_of("## Get *it*") == (
        '<h2 id="s-get-it">Get <em>it</em> '
        '<a class="anchor" href="#s-get-it" aria-label="Link to Get it">#</a></h2>\n'
    )


def test_a_first_heading_that_repeats_the_title_leaves_only_its_id() -> None:
    html, found, _ = article_html("# The Manual\n\ntext\n\n# More", title="the manual")
    assert html.startswith('<span id="s-the-manual"></span>\n<p>text</p>')
    assert [heading.text for heading in found] == ["More"]


def test_any_other_first_heading_is_shown() -> None:
    assert "<h1" in html_of("# Other", title="Title")
    assert "<h2" in html_of("## Title", title="Title")


def test_a_quoted_heading_has_no_id() -> None:
    assert ids(html_of("> # quoted\n\n- ## listed")) == []


@pytest.mark.parametrize(
    ("link", "heading"),
    [
        ("#installation", "Installation"),
        ("#Installation", "Installation"),
        ("#s-installation", "Installation"),
        ("#что-нового", "Что нового?"),
        ("#%D1%87%D1%82%D0%BE-нового", "Что нового"),
        ("#get-x", "Get `x`"),
    ],
)
def test_a_link_inside_the_page_lands(link: str, heading: str) -> None:
    source = f"[see]({link})\n\n## {heading}"
    assert unquote(only(source, "a")["href"][1:]) in ids(html_of(source))


def test_a_link_to_the_second_of_two_equal_headings_lands_there() -> None:
    assert only("[see](#a-1)\n\n# A\n\n# A", "a")["href"] == "#s-a-1"


def test_a_link_to_a_section_of_another_article_gets_its_prefix() -> None:
    assert only("[see](other#Part)", "a")["href"] == "other#s-part"


def test_links_that_leave_the_site_say_so() -> None:
    for url in ("https://example.org/a?b=c", "http://example.org", "//example.org/x"):
        assert only(f"[a]({url})", "a") == {"href": url, "rel": "nofollow noopener ugc"}
    for url in ("/w/a/", "other", "../up", "?q=x", "mailto:a@example.org"):
        assert only(f"[a]({url})", "a") == {"href": url}


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "tel:1", "data:image/png;base64,AA", "javascript:1", "JaVaScRiPt:1", "x:y", ""],
)
def test_other_addresses_are_no_links(url: str) -> None:
    html = html_of(f"[text](<{url}>)")
    assert "<a" not in html
    assert "text" in text_of(html)


def test_x4_a_picture_from_elsewhere_becomes_a_link_with_its_description() -> None:
    source = "![A *cat*](https://example.org/cat.png)"
    assert only(source, "a")["href"] == "https://example.org/cat.png"
    assert text_of(html_of(source)).strip() == "A cat"
    assert "<img" not in html_of(source)


def test_a_picture_of_this_site_is_shown_when_it_is_reached() -> None:
    assert only('![A cat](/media/cat.PNG "Cat")', "img") == {
        "src": "/media/cat.PNG", "alt": "A cat", "title": "Cat", "loading": "lazy",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        *("//example.org/cat.png", "/w/team/?q=x&whole=1", "/w/a/stream", r"/\x.org/a.png#.png"),
        *("data:image/png;base64,AA.png", "/a.png?x", "http:/a.png"),
    ],
)
def test_x4_a_picture_never_fetches_anything_else(url: str) -> None:
    assert "<img" not in html_of(f"![alt](<{url}>)")


def test_a_foreign_picture_in_a_link_is_its_description() -> None:
    source = "[![alt](https://example.org/a.png)](/there)"
    assert only(source, "a") == {"href": "/there"}
    assert text_of(html_of(source)).strip() == "alt"


def test_a_fence_has_its_language_colours_and_file_name() -> None:
    html = html_of('```js filename="app/<b>.js" switcher\nconst a = "<b>"\n```')
    assert '<figcaption>app/&lt;b&gt;.js</figcaption><pre tabindex="0">' in html
    assert '<code class="language-js"><span class="kd">const</span>' in html
    assert text_of(html).strip().endswith('const a = "<b>"')


@pytest.mark.parametrize("info", ["", "nonsense", 'js" onload="x', "<b>", "a" * 99, "{1,3}"])
def test_an_odd_info_string_does_no_harm(info: str) -> None:
    html = html_of(f"~~~{info}\n\n a<b\n\n~~~")
    assert article_problems(html) == []
    assert text_of(html) == "\n a<b\n\n\n"


def test_colouring_stops_where_it_would_take_long() -> None:
    fence = "```js\n" + "const a = 1\n" * (COLOURED_CHARS // 24 + 1) + "```\n\n"
    html = html_of(fence * 3)
    assert 0 < html.rfind("<span") < html.rfind("<pre")


def test_a_wide_table_scrolls_by_keyboard_and_keeps_its_alignment() -> None:
    html = html_of("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert '<div class="table-scroll" role="region" aria-label="Table" tabindex="0"><table>' in html
    assert '<td class="align-right">1</td>\n<td class="align-center">2</td>' in html


def test_html_is_shown_as_it_was_written() -> None:
    source = '<b onclick="x">a</b> <script>alert(1)</script>'
    assert text_of(html_of(source)).strip() == source


@given(anything)
def test_headings_are_what_the_page_anchors(source: str) -> None:
    html = html_of(source)
    assert ids(html) == [heading.anchor for heading in headings(parse(source))]
    assert article_problems(html) == []


@given(anything)
def test_cleaning_again_changes_nothing(source: str) -> None:
    html = html_of(source)
    assert clean_article(html) == html


def test_headings_are_what_every_page_of_a_real_manual_anchors(
    shared_data: Callable[[str], Path],
) -> None:
    for page in shared_data("next_docs").rglob("*.md*"):
        post = frontmatter.loads(page.read_text())
        html, found, _ = article_html(post.content, title="")
        assert ids(html) == [heading.anchor for heading in found]
        assert {p.anchor for p in chunk(post.content, title="")} <= {"", *ids(html)}
        assert article_problems(html) == []


def test_headings_are_what_every_commonmark_example_anchors(
    shared_data: Callable[[str], Path],
) -> None:
    for file in shared_data("commonmark").glob("*.jsonl"):
        for source in (json.loads(line)["markdown"] for line in file.read_text().splitlines()):
            html = html_of(source)
            assert ids(html) == [heading.anchor for heading in headings(parse(source))]
            assert article_problems(html) == []


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("b.md", "../source/guide/b.md"),
        ("./b.mdx#Two-words", "../source/guide/b.mdx#s-two-words"),
        ("../c.md", "../source/c.md"),
        ("../../outside.md", "../../outside.md"),
        ("/d.md", "/d.md"),
        ("page?x=1", "page?x=1"),
    ],
)
def test_links_between_imported_files_lead_to_their_articles(link: str, href: str) -> None:
    html, *_ = article_html(f"[x]({link})", title="", source_path="guide/a.md")
    assert f'href="{href}"' in html


def test_an_article_written_here_keeps_its_links() -> None:
    assert 'href="b.md"' in article_html("[x](b.md)", title="")[0]
