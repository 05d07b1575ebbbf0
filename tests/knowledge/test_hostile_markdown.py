"""Every XSS payload and every known way to make a parser slow (SECURITY X1, X3, X6)."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from knowledge.article_html import article_html
from knowledge.chunking import chunk
from knowledge.excerpts import excerpt_html
from knowledge.rendering import RenderTimeout, render
from tests.knowledge.html_check import article_problems, elements

WRAPPINGS = [
    "{}",
    "# {}",
    "[{}]({})",
    "![{}](<{}>)",
    "```{}\n{}\n```",
    "| {} |\n|---|\n| {} |",
    "<{}>",
]
PATHOLOGICAL = {
    "nested strong": "*a **a " * 10_000 + "b" + " a** a*" * 10_000,
    "closers without openers": "a_ " * 50_000,
    "openers without closers": "_a " * 50_000,
    "link closers": "a]" * 50_000,
    "link openers": "[a" * 25_000,
    "links and emphasis": "[ a_" * 20_000,
    "mismatched": "*a_ " * 40_000,
    "odd multiples": "a**b" + "c* " * 40_000,
    "link texts": "[ (](" * 30_000,
    "brackets": "[" * 50_000,
    "nested brackets": "[" * 25_000 + "a" + "]" * 25_000,
    "nested quotations": ">" * 1_000_000,
    "spaced quotations": "> " * 500_000,
    "nested lists": "- " * 500_000,
    "deep lists": "".join("  " * depth + "* a\n" for depth in range(1000)),
    "numbered lists": "1. " * 300_000,
    "backticks": "".join("e" + "`" * n for n in range(1, 1000)),
    "unclosed links": "[a](<b" * 20_000,
    "unclosed comments": "</" + "<!--" * 50_000,
    "comment lines": "<!--\n" * 50_000,
    "component lines": "<A\n" * 50_000,
    "table columns": "|a" * 300 + "\n" + "|-" * 300 + "\n" + "x\n" * 2000,
    "definitions": "".join(f"[{n}]: /u\n" for n in range(20_000)),
    "equal headings": "# a\n" * 10_000,
    "one line": "a" * 1_000_000,
    "empty lines": "\n" * 500_000,
}
MEGABYTES = {
    "quotations": "> a\n" * 250_000,
    "lists": "- a\n" * 250_000,
    "links": "[a](b) " * 140_000,
    "brackets": "[" * 1_000_000,
    "headings": "# a\n" * 250_000,
}


def payloads(shared_data: Callable[[str], Path]) -> Iterator[str]:
    for line in (shared_data("xss") / "payloadbox.jsonl").read_text().splitlines():
        yield json.loads(line)["text"]


def test_x1_no_payload_survives_in_a_body(shared_data: Callable[[str], Path]) -> None:
    count = 0
    for payload in payloads(shared_data):
        html, *_ = article_html(f"{payload}\n\ntext {payload}", title=payload)
        assert article_problems(html) == [], payload
        count += 1
    assert count == 6590


def test_x1_no_payload_survives_where_markdown_puts_it(shared_data: Callable[[str], Path]) -> None:
    for payload in list(payloads(shared_data))[::5]:
        source = "\n\n".join(wrapping.replace("{}", payload) for wrapping in WRAPPINGS)
        html, *_ = article_html(source, title=payload)
        assert article_problems(html) == [], payload


def test_x1_no_payload_survives_on_a_source_card(shared_data: Callable[[str], Path]) -> None:
    for payload in payloads(shared_data):
        html = excerpt_html(payload, terms=[payload])
        assert {tag for tag, _ in elements(html)} <= {"code", "mark"}, payload


@pytest.mark.parametrize(
    "source",
    [
        '<div hx-get="/x" hx-trigger="load">a</div>',
        '<a data-hx-get="/x" id="answer" name="q">a</a>',
        '<form action="/x"><input name="q"></form>',
        '<style>*{display:none}</style><base href="//x"><svg onload=1><math>',
        "# answer\n\n# content\n\n# source-1",
        '[a](/x "title\\" hx-get=\\"/y")',
        '![a" hx-get="/y](/m/a.png)',
    ],
)
def test_x3_nothing_that_acts_or_shadows_the_page(source: str) -> None:
    html, *_ = article_html(source, title="")
    assert article_problems(html) == []


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_x6_pathological_text_takes_no_longer_than_it_may(name: str) -> None:
    begin = time.monotonic()
    render(PATHOLOGICAL[name], time_limit=10)  # each takes under 2 s on an idle core
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("name", MEGABYTES)
def test_x6_a_megabyte_is_rendered_or_stopped(name: str) -> None:
    render("warm")
    begin = time.monotonic()
    with suppress(RenderTimeout):
        render(MEGABYTES[name], time_limit=0.5)
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_x6_cutting_passages_is_not_slowed_by_inline_syntax(name: str) -> None:
    begin = time.monotonic()
    chunk(PATHOLOGICAL[name], title="T")
    assert time.monotonic() - begin < 10
