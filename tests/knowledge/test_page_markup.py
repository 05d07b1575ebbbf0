"""Markup that builds pages is hidden, and nothing else is."""

import pytest

from knowledge.article_html import article_html
from knowledge.chunking import chunk
from tests.knowledge.html_check import text_of


def shown(source: str) -> str:
    return text_of(article_html(source, title="")[0]).strip()


@pytest.mark.parametrize(
    "source",
    [
        "<AppOnly>\n\ntext\n\n</AppOnly>",
        "<AppOnly>\ntext\n</AppOnly>",
        "<AppOnly>text</AppOnly>",
        '<details open>\n<summary>\n\ntext\n\n</summary>\n</details id="x">',
        "<!-- note -->\n\ntext",
        "{/* note\nmore\n*/}\ntext",
        "text <!-- note -->",
        '<Image\n  src="a.png"\n  on={() => 1}\n/>\n\ntext',
        "<Check />\ntext",
    ],
)
def test_page_markup_is_hidden(source: str) -> None:
    assert shown(source) == "text"


@pytest.mark.parametrize(
    "source",
    [
        "<Name>",
        "A List<String> of names",
        "<div>\n\nx",
        "<!-- never closed",
        "{/* never closed",
        "{/* closed */} and text",
        "<Image is a component",
        "<Image\n\n/>",
    ],
)
def test_what_only_looks_like_page_markup_stays(source: str) -> None:
    words = "".join(shown(source).split())
    assert words in ("".join(source.split()), "andtext")


def test_code_keeps_its_markup() -> None:
    code = "<AppOnly>\n{/* note */}\n</AppOnly>\n"
    assert shown(f"```\n{code}```") == code.strip()
    assert shown("`<AppOnly>` </AppOnly>") == "<AppOnly>"


def test_a_break_tag_breaks_the_line() -> None:
    assert article_html("a<br/>b", title="")[0] == "<p>a<br>\nb</p>\n"


def test_a_hidden_tag_is_no_heading() -> None:
    assert article_html("<A>\n---\n</A>", title="")[1] == []


def test_page_markup_is_left_out_at_the_edges_of_a_passage_and_never_moves_its_span() -> None:
    source = "# H\n\n<A>\n\none\n\n</A>\n<B>\n\ntwo\n\n</B>\n"
    assert [c.text for c in chunk(source, title="T")] == ["one\n\n</A>\n<B>\n\ntwo"]


def test_a_section_of_page_markup_is_no_passage() -> None:
    assert [c.text for c in chunk("{/* note */}\n\n# H\n\ntext", title="T")] == ["text"]
