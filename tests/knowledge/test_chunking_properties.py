"""What holds for the passages of any text whatever, and of a whole real manual."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import frontmatter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import Chunk, chunk
from knowledge.markdown import headings, line_starts, parse_blocks
from tests.knowledge.markdown_texts import anything

LIMIT = 80


def check(source: str, passages: list[Chunk], limit: int) -> None:
    """Exact, in order, apart, not empty, not too long, each with a breadcrumb."""
    at = 0
    for index, passage in enumerate(passages):
        assert passage.chunk_index == index
        assert source[passage.start : passage.end] == passage.text
        assert at <= passage.start < passage.end
        assert passage.text.strip()
        assert len(passage.text) <= limit
        assert passage.breadcrumb
        assert all(passage.breadcrumb)
        at = passage.end


def unread(source: str, passages: list[Chunk]) -> str:
    """The lines' ends that no passage holds, less headings and page markup."""
    rest = list(source)
    for start, end in [*hidden(source), *((p.start, p.end) for p in passages)]:
        rest[start:end] = " " * (end - start)
    return "".join(rest).strip()


def hidden(source: str) -> Iterator[tuple[int, int]]:
    starts = line_starts(source)
    for token in parse_blocks(source):
        if token.level == 0 and token.map and token.type in ("heading_open", "page_markup"):
            yield starts[token.map[0]], starts[token.map[1]]


@given(anything, st.sampled_from([1, 7, LIMIT, 1500]))
def test_spans_are_exact_bounded_and_in_order(source: str, limit: int) -> None:
    check(source, chunk(source, title="T", max_chars=limit), limit)


@given(anything)
def test_every_word_is_in_exactly_one_passage(source: str) -> None:
    assert unread(source, chunk(source, title="T", max_chars=LIMIT)) == ""


@given(anything)
def test_no_passage_mixes_two_sections(source: str) -> None:
    starts = line_starts(source)
    borders = [starts[h.line] for h in headings(parse_blocks(source)) if h.level <= 3]
    for passage in chunk(source, title="T"):
        assert not any(passage.start < border < passage.end for border in borders)


@given(anything)
def test_every_anchor_is_that_of_a_heading(source: str) -> None:
    anchors = {"", *(heading.anchor for heading in headings(parse_blocks(source)))}
    assert {passage.anchor for passage in chunk(source, title="T")} <= anchors


@given(st.lists(st.sampled_from(["# no", "## no", "x", "", "===", "- y"]), max_size=8))
def test_nothing_in_a_fence_is_a_heading(lines: list[str]) -> None:
    source = "\n".join(["# Yes", "", "````", *lines, "```", "````", "", "text"])
    assert {passage.breadcrumb for passage in chunk(source, title="T")} == {("T", "Yes")}


@given(st.integers(1, 40), st.sampled_from(["e\u0301", "👩\u200d👧", "👍🏽", "🇩🇪", "한"]))
def test_a_hard_cut_never_splits_what_reads_as_one_character(count: int, character: str) -> None:
    passages = chunk("x" + character * count, title="T", max_chars=12)
    assert all(re.fullmatch(f"x?(?:{character})*", passage.text) for passage in passages)


def test_line_breaks_of_any_kind_give_the_same_passages() -> None:
    source = "# A\n\na\nb\n\n- c\n\n## B\n\n```\n# x\n```\n\nd\n===\n\ne\n"
    expected = [(c.breadcrumb, c.text.split()) for c in chunk(source, title="T")]
    for line_break in ("\r\n", "\r"):
        passages = chunk(source.replace("\n", line_break), title="T")
        assert [(c.breadcrumb, c.text.split()) for c in passages] == expected


@pytest.mark.parametrize("limit", [300, 1500])
def test_the_pages_of_a_real_manual(limit: int, shared_data: Callable[[str], Path]) -> None:
    for page in shared_data("next_docs").rglob("*.md*"):
        post = frontmatter.loads(page.read_text())
        passages = chunk(post.content, title=str(post["title"]), max_chars=limit)
        check(post.content, passages, limit)
        assert unread(post.content, passages) == ""
