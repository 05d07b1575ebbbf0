"""An article as a page: the HTML of its newest revision, rendered once and kept with it.

Who may see the article is decided before this is called; how Markdown becomes HTML is `rendering`.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from knowledge.models import Article, Revision
from knowledge.rendering import RenderError, render
from knowledge.sanitizing import clean_article

CONTENTS_LEVELS = (2, 3)
LEAST_CONTENTS = 2


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Safe HTML, and the headings (dicts with level, text, anchor) for the table of contents.

    `plain` says that the article cannot be rendered and the HTML is the source as it was written.
    """

    html: SafeString
    contents: tuple[dict[str, Any], ...] = ()
    plain: bool = False


def article_page(article: Article) -> ArticlePage:
    """The page of the article's newest revision."""
    revision = Revision.objects.get(article_id=article.pk, number=article.revision)
    try:
        if not revision.html:
            _render(revision, source_path=article.source_path)
    except RenderError:
        return ArticlePage(html=format_html("<pre>{}</pre>", revision.content), plain=True)
    # The last gate runs on every view, so that a stricter one reaches what was rendered before.
    html = mark_safe(clean_article(revision.html))  # noqa: S308
    return ArticlePage(html=html, contents=_contents(revision.headings))


def _render(revision: Revision, *, source_path: str) -> None:
    rendered = render(revision.content, title=revision.title, source_path=source_path)
    revision.html = rendered.html
    revision.headings = [asdict(heading) for heading in rendered.headings]
    Revision.objects.filter(pk=revision.pk).update(html=revision.html, headings=revision.headings)


def _contents(headings: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The headings worth listing; none where there would be a single line."""
    listed = tuple(h for h in headings if h["level"] in CONTENTS_LEVELS and h["text"])
    return listed if len(listed) >= LEAST_CONTENTS else ()
