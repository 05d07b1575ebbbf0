"""The largest article that the settings allow, in the characters that take the most room."""

from collections.abc import Callable
from pathlib import Path

import pytest
from annotated_types import Le
from django.conf import LazySettings

from kbsite.environment import Environment
from knowledge import article_page
from knowledge.markdown import Heading
from knowledge.models import Article, Workspace
from knowledge.rendering import MAX_CHARS, MAX_HEADINGS, MAX_PAGE_BYTES, Rendered
from knowledge.transfer.importing import Report, import_files
from knowledge.transfer.markdown_files import find_files

WIDE = "\U0001f600"  # four bytes
LARGEST = next(
    limit.le
    for limit in Environment.model_fields["article_max_chars"].metadata
    if isinstance(limit, Le)
)


def test_the_renderer_takes_what_may_be_written() -> None:
    assert LARGEST == MAX_CHARS


def test_the_largest_file_is_imported_and_imported_again(
    tmp_path: Path, workspace: Workspace, settings: LazySettings
) -> None:
    settings.ARTICLE_MAX_CHARS = MAX_CHARS
    file = tmp_path / "a.md"
    for ending, report in (("a", Report(created=1)), ("b", Report(updated=1))):
        file.write_text("# T\n" + WIDE * (MAX_CHARS - 5) + ending)
        assert import_files(find_files(tmp_path), workspace=workspace) == report


def test_the_largest_page_is_kept_with_the_largest_text(
    make_article: Callable[..., Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    each = MAX_PAGE_BYTES // 2 // MAX_HEADINGS // 2
    headings = (Heading(2, "t" * each, "a" * each, MAX_CHARS),) * MAX_HEADINGS
    page = Rendered("h" * (MAX_PAGE_BYTES // 2), headings)
    monkeypatch.setattr(article_page, "render", lambda *_, **__: page)
    assert not article_page.article_page(make_article(content=WIDE * MAX_CHARS)).plain
