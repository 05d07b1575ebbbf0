"""The parser: what is a heading, what its anchor is, where lines start, CommonMark otherwise."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from knowledge.markdown import Heading, headings, line_starts, parse, parse_blocks, slug
from tests.knowledge.markdown_texts import anything


def anchors(source: str) -> list[str]:
    return [heading.anchor for heading in headings(parse(source))]


def test_atx_and_setext_headings_are_found_with_their_lines() -> None:
    assert headings(parse("# A *b* `c` [d](e)\n\nText\nmore\n---\n\n###### F")) == [
        Heading(1, "A b c d", "s-a-b-c-d", 0),
        Heading(2, "Text more", "s-text-more", 2),
        Heading(6, "F", "s-f", 6),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "```\n# no\n```",
        "~~~\n# no",
        "    # no",
        "> # no",
        "- # no",
        "#no",
        r"\# no",
        "`\n# no\n`"[:1],
    ],
)
def test_code_quotations_and_lists_hold_no_headings(source: str) -> None:
    assert headings(parse(source)) == []


def test_anchors_are_unique_even_when_a_heading_looks_like_a_counted_one() -> None:
    assert anchors("# a\n# a\n# a-1\n# a\n# A") == ["s-a", "s-a-1", "s-a-1-1", "s-a-2", "s-a-3"]


def test_an_anchor_is_never_empty() -> None:
    assert anchors("#\n# !?\n# \u200b") == ["s-section", "s-section-1", "s-section-2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Next.js & you", "nextjs--you"),
        ("Что нового?", "что-нового"),
        ("日本語 の 見出し", "日本語-の-見出し"),
        ("हिन्दी", "हिन्दी"),
        ("snake_case-and space", "snake_case-and-space"),
        ('"><script>', "script"),
    ],
)
def test_slugs_are_those_of_github(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_slug_is_bounded() -> None:
    assert len(slug("long " * 1000)) == 100


def test_a_reference_in_a_heading_reads_as_its_text() -> None:
    assert headings(parse("# See [the guide][g]\n\n[g]: /guide"))[0].text == "See the guide"


@given(anything)
def test_blocks_alone_give_the_same_headings(source: str) -> None:
    assert headings(parse_blocks(source)) == headings(parse(source))


@given(anything)
def test_anchors_are_unique_and_prefixed(source: str) -> None:
    found = anchors(source)
    assert len(set(found)) == len(found)
    assert all(anchor.startswith("s-") and len(anchor) > 2 for anchor in found)


@given(anything)
def test_lines_start_where_the_parser_says(source: str) -> None:
    starts = line_starts(source)
    for token in parse_blocks(source):
        if token.type == "fence" and token.map and token.level == 0:
            assert source[starts[token.map[0]] :].lstrip(" ").startswith(token.markup)


@given(st.text(st.characters(categories=["Cs", "L", "P"]), max_size=50))
def test_lone_surrogates_do_not_break_the_parser(source: str) -> None:
    parse(f"# {source}\n\n[a]({source})")


def test_every_page_of_a_real_manual_has_its_headings(shared_data: Callable[[str], Path]) -> None:
    pages = list(shared_data("next_docs").rglob("*.md*"))
    found = [heading for page in pages for heading in headings(parse_blocks(page.read_text()))]
    assert len(pages) == 475
    assert len(found) >= 2934  # those its publisher counts; its front matter here adds some


@pytest.mark.parametrize("name", ["commonmark_0.31.2", "gfm_0.29"])
def test_examples_without_raw_html_come_out_as_the_standard_says(
    name: str, shared_data: Callable[[str], Path]
) -> None:
    lines = (shared_data("commonmark") / f"{name}.jsonl").read_text().splitlines()
    examples = [example for example in map(json.loads, lines) if is_standard(example)]
    assert len(examples) > 550
    assert [e["id"] for e in examples if rendered(e["markdown"]) != squeezed(e["html"])] == []


def is_standard(example: dict[str, str]) -> bool:
    """Neither an extension we leave out nor raw HTML, which is text here."""
    return "(extension)" not in example["section"] and not any(
        token.type.startswith("html")
        for block in MarkdownIt("commonmark").parse(example["markdown"])
        for token in [block, *(block.children or [])]
    )


def rendered(source: str) -> str:
    parser = MarkdownIt("commonmark")
    tokens: list[Token] = parse(source)
    return squeezed(RendererHTML().render(tokens, parser.options, {}))


def squeezed(html: str) -> str:
    return html.replace("<blockquote>\n</blockquote>", "<blockquote></blockquote>")
