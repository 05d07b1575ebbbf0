"""Passages: sections, breadcrumbs, packing, and what happens to what does not fit."""

import hashlib

import pytest

from knowledge.chunking import Chunk, chunk


def texts(source: str, **options: int) -> list[str]:
    return [passage.text for passage in chunk(source, title="T", **options)]


def crumbs(source: str, title: str = "Manual") -> list[tuple[str, ...]]:
    return [passage.breadcrumb for passage in chunk(source, title=title)]


def test_sections_of_three_levels_carry_their_trail() -> None:
    source = "start\n\n# A\n\na\n\n## B\n\nb\n\n### C\n\nc\n\n## D\n\nd\n\n# E\n\ne"
    assert crumbs(source) == [
        ("Manual",),
        ("Manual", "A"),
        ("Manual", "A", "B"),
        ("Manual", "A", "B", "C"),
        ("Manual", "A", "D"),
        ("Manual", "E"),
    ]


def test_a_setext_heading_starts_a_section() -> None:
    assert crumbs("A\n=\n\na\n\nB\n-\n\nb") == [("Manual", "A"), ("Manual", "A", "B")]


def test_a_fourth_level_is_text_of_its_section() -> None:
    assert texts("## A\n\na\n\n#### B\n\nb") == ["a\n\n#### B\n\nb"]


def test_a_first_heading_that_repeats_the_title_is_not_repeated() -> None:
    assert crumbs("#  the manual\n\na\n\n## B\n\nb", "The  Manual") == [
        ("The Manual",),
        ("The Manual", "B"),
    ]


def test_a_skipped_level_leaves_no_hole() -> None:
    assert crumbs("### C\n\nc\n\n# A\n\na") == [("Manual", "C"), ("Manual", "A")]


def test_without_a_title_there_is_still_a_breadcrumb() -> None:
    assert crumbs("text", " ") == [("Untitled",)]


def test_a_passage_links_to_its_section() -> None:
    assert [c.anchor for c in chunk("a\n\n# B\n\nb\n\n# B\n\nc", title="T")] == ["", "s-b", "s-b-1"]


def test_headings_in_code_start_nothing() -> None:
    source = "# A\n\n```sh\n# not a heading\n```"
    assert texts(source) == ["```sh\n# not a heading\n```"]


@pytest.mark.parametrize("source", ["", " \n\t\r\n\x0c", "#", "{/* note */}", "<!--\n-->"])
def test_nothing_to_read_is_no_passage(source: str) -> None:
    assert chunk(source, title="T") == []


def test_a_heading_with_nothing_below_it_can_be_found() -> None:
    passages = chunk("# A\n\n## B\n\n## C\n\nc\n\n# D\n", title="T")
    assert [(c.breadcrumb, c.text) for c in passages] == [
        (("T", "A", "B"), "## B"),
        (("T", "A", "C"), "c"),
        (("T", "D"), "# D"),
    ]


def test_small_paragraphs_of_a_section_are_one_passage() -> None:
    assert texts("a\n\nb\n\n- c\n\n# D\n\nd") == ["a\n\nb\n\n- c", "d"]


def test_a_long_section_is_cut_between_paragraphs() -> None:
    one, two, three = "a" * 60, "b" * 60, "c" * 30
    assert texts(f"{one}\n\n{two}\n\n{three}", max_chars=100) == [one, f"{two}\n\n{three}"]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    source = "First one here. Second one here! Third one? 四つ目です。五つ目です。"
    assert texts(source, max_chars=34) == [
        "First one here. Second one here!",
        "Third one? 四つ目です。五つ目です。",
    ]


def test_a_long_list_is_cut_between_items() -> None:
    source = "".join(f"- item {n} is here\n" for n in range(6))
    assert all(text.startswith("- item") for text in texts(source, max_chars=40))


def test_a_fence_is_not_cut_while_it_fits() -> None:
    fence = "```py\nx = 1\n\ny = 2\n```"
    assert texts(f"{'a' * 30}\n\n{fence}\n\n{'b' * 30}", max_chars=40)[1] == fence
    indented = "  " + fence.replace("\n", "\n  ")
    assert indented in texts(f"- {'a' * 30}\n\n{indented}", max_chars=40)


def test_a_fence_that_does_not_fit_is_cut_at_blank_lines_then_lines() -> None:
    source = "```\none = 1\ntwo = 2\n\nthree = 3\nfour = 4\n```"
    assert texts(source, max_chars=30) == ["```\none = 1\ntwo = 2", "three = 3\nfour = 4\n```"]
    assert texts(source, max_chars=14) == [
        "```\none = 1", "two = 2", "three = 3", "four = 4\n```",
    ]  # fmt: skip


def test_a_lead_in_stays_with_what_it_leads_to() -> None:
    source = f"{'a' * 20}\n\n#### Ports\n\n{'b' * 30}\n\nFor example:\n\n- {'c' * 20}"
    assert texts(source, max_chars=45) == [
        "a" * 20,
        f"#### Ports\n\n{'b' * 30}",
        f"For example:\n\n- {'c' * 20}",
    ]


def test_link_definitions_are_not_lost() -> None:
    assert texts("# A\n[x]: /u\n\ntext [x]") == ["[x]: /u\n\ntext [x]"]


def test_an_indented_first_line_keeps_its_indent() -> None:
    assert texts("# A\n\n    code\n") == ["    code"]


def test_what_is_embedded_starts_with_the_breadcrumb() -> None:
    passage = chunk("# A\n\ntext", title="T")[0]
    assert passage.embedding_input == "T > A\ntext"
    assert passage.content_hash == hashlib.sha256(b"T > A\ntext").hexdigest()


def test_the_hash_tells_the_place_from_the_text() -> None:
    one, two = chunk("# A\n\nsame\n\n# B\n\nsame", title="T")
    assert one.text == two.text
    assert one.content_hash != two.content_hash


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="max_chars"):
        chunk("text", title="T", max_chars=0)


def test_a_passage_is_a_value() -> None:
    assert chunk("text", title="T") == [Chunk(0, ("T",), "", "text", 0, 4)]
