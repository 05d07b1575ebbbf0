"""An article as a page: the HTML of a revision, kept with it once it was rendered.

Each version of the renderer tries a revision once. One that cannot be rendered is remembered as
such, because every try may keep a rendering process busy up to its time limit.

Who may see the article is decided before this is called; how Markdown becomes HTML is `rendering`.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from knowledge.models import Article, Revision
from knowledge.rendering import (
    VERSION,
    Rendered,
    RenderError,
    RenderUnavailable,
    render,
)
from knowledge.sanitizing import clean_article

CONTENTS_LEVELS = (2, 3)
LEAST_CONTENTS = 2
ARTICLES_AT_ONCE = 100


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
    newest = Revision.objects.get(article_id=article.pk, number=article.revision)
    return revision_page(newest, source_path=article.source_path)


def revision_page(revision: Revision, *, source_path: str) -> ArticlePage:
    """The page of a revision of the article that was imported from `source_path`, if any."""
    with contextlib.suppress(RenderUnavailable):  # what is stored will do until the next view
        lay_out(revision, source_path=source_path)
    if not revision.html:
        return ArticlePage(html=format_html("<pre>{}</pre>", revision.content), plain=True)
    # The last gate runs on every view, so that a stricter one reaches what was rendered before.
    html = mark_safe(clean_article(revision.html))  # noqa: S308
    return ArticlePage(html=html, contents=_contents(revision.headings))


def lay_out(revision: Revision, *, source_path: str) -> None:
    """Render the revision and keep its page, unless this renderer did. May raise
    `RenderUnavailable`."""
    if revision.rendered_by != VERSION:
        _store(revision, _rendered(revision, source_path=source_path))


def lay_out_newest() -> Iterator[None]:
    """Render the newest revision of each article that this renderer has not; yields after each."""
    articles = Article.objects.only("pk", "revision", "source_path").order_by("pk").iterator()
    while batch := {article.pk: article for article in islice(articles, ARTICLES_AT_ONCE)}:
        newest = (Q(article_id=one.pk, number=one.revision) for one in batch.values())
        found = Revision.objects.filter(reduce(or_, newest)).exclude(rendered_by=VERSION)
        for revision in found.iterator():
            with contextlib.suppress(RenderUnavailable):
                lay_out(revision, source_path=batch[revision.article_id].source_path)
            yield


def _rendered(revision: Revision, *, source_path: str) -> Rendered:
    """The revision's page, empty only where it cannot be rendered, now or later."""
    try:
        rendered = render(revision.content, title=revision.title, source_path=source_path)
    except RenderUnavailable:
        raise
    except RenderError:
        return Rendered("", ())
    return replace(rendered, html=rendered.html or "\n")


def _store(revision: Revision, rendered: Rendered) -> None:
    revision.html, revision.rendered_by = rendered.html, VERSION
    revision.headings = [asdict(heading) for heading in rendered.headings]
    revision.references = [asdict(reference) for reference in rendered.references]
    Revision.objects.filter(pk=revision.pk).update(
        html=revision.html,
        headings=revision.headings,
        references=revision.references,
        rendered_by=revision.rendered_by,
    )


def _contents(headings: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The headings worth listing; none where there would be a single line."""
    listed = tuple(h for h in headings if h["level"] in CONTENTS_LEVELS and h["text"])
    return listed if len(listed) >= LEAST_CONTENTS else ()
