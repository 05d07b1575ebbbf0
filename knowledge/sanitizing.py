"""What HTML made from an author's or a model's words may hold: the last gate before a page.

The renderers build only safe markup already; nh3 parses what they built as a browser would and
lets pass what is listed here. No style, form, script, frame, SVG, event, `hx-*` or `data-*`
attribute is listed, no `id` outside the article's own name space (SECURITY X1, X3), and no URL
but http, https, mailto and the site's own (X4: pictures come from this site only).
"""

import re
from typing import Final

import nh3
from pygments.token import STANDARD_TYPES

from knowledge.markdown import ANCHOR_PREFIX

EXTERNAL_REL: Final = "nofollow noopener ugc"
PICTURE: Final = re.compile(r"(?!//)[^:?#\\]+\.(?:png|jpe?g|gif|webp|avif|svg)", re.IGNORECASE)
"""A picture's address: on this site, a plain file. A query would make a picture fetch a page."""

_TEXT_TAGS: Final = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr"}
_LIST_TAGS: Final = {"ul", "ol", "li"}
_TABLE_TAGS: Final = {"table", "thead", "tbody", "tr", "th", "td"}
_HEADING_TAGS: Final = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCK_TAGS: Final = _TEXT_TAGS | _LIST_TAGS | _TABLE_TAGS | _HEADING_TAGS

_ID: Final = re.compile(re.escape(ANCHOR_PREFIX) + r"\S+")
_ANYTHING: Final = re.compile(r".*", re.DOTALL)
_ALIGN: Final = re.compile(r"align-(?:left|center|right)")
_ARTICLE_VALUES: Final = {
    ("a", "href"): _ANYTHING,  # its scheme is checked by nh3
    ("a", "title"): _ANYTHING,
    ("a", "rel"): re.compile(re.escape(EXTERNAL_REL)),
    ("a", "class"): re.compile("anchor"),
    ("a", "aria-label"): _ANYTHING,
    ("img", "src"): PICTURE,
    ("img", "alt"): _ANYTHING,
    ("img", "title"): _ANYTHING,
    ("img", "loading"): re.compile("lazy"),
    ("ol", "start"): re.compile(r"\d{1,9}"),
    ("code", "class"): re.compile(r"language-[\w.+#-]{1,40}"),
    ("pre", "tabindex"): re.compile("0"),
    ("figure", "class"): re.compile("code"),
    ("div", "class"): re.compile("table-scroll"),
    ("div", "role"): re.compile("region"),
    ("div", "tabindex"): re.compile("0"),
    ("div", "aria-label"): re.compile("Table"),
    ("th", "class"): _ALIGN,
    ("td", "class"): _ALIGN,
    **{(tag, "id"): _ID for tag in ("span", *_HEADING_TAGS)},
}
_EXCERPT_VALUES: Final = {
    ("mark", "class"): re.compile("support"),
    ("mark", "data-claims"): re.compile(r"\d{1,4}(?: \d{1,4})*"),
}
_LINED: Final = ("p", "ul", "ol", "li", "blockquote", "hr", *sorted(_HEADING_TAGS))
_PREVIEW_VALUES: Final = {
    **_ARTICLE_VALUES,
    **{(tag, "data-line"): re.compile(r"\d{1,7}") for tag in _LINED},
}
_ANSWER_VALUES: Final = {
    ("a", "class"): re.compile("citation"),
    ("a", "href"): re.compile(r"#source-\d{1,3}"),
    ("a", "data-source"): re.compile(r"\d{1,3}"),
    ("a", "data-claim"): re.compile(r"\d{1,4}"),
    ("span", "class"): re.compile("claim claim--(?:weak|unsupported)|claim__note"),
    ("ol", "start"): re.compile(r"\d{1,9}"),
}


def clean_article(html: str) -> str:
    """The allowed part of an article's HTML."""
    return _article.clean(html)


def clean_preview(html: str) -> str:
    """As `clean_article`, with the source's line numbers on its blocks."""
    return _preview.clean(html)


def clean_answer(html: str) -> str:
    """The allowed part of an answer's HTML: text, and links to its own sources."""
    return _answer.clean(html)


def clean_excerpt(html: str) -> str:
    """The allowed part of a passage on a source card: words, marks and code.

    A mark of class `support` holds a sentence that bears out the answer's `data-claims`.
    """
    return _excerpt.clean(html)


def _cleaner(
    tags: set[str],
    values: dict[tuple[str, str], re.Pattern[str]],
    classes: dict[str, set[str]] | None = None,
) -> nh3.Cleaner:
    """A cleaner that keeps `tags`, and of their attributes those whose whole value matches."""
    attributes: dict[str, set[str]] = {}
    for tag, name in values:
        attributes.setdefault(tag, set()).add(name)

    def keep(tag: str, name: str, value: str) -> str | None:
        pattern = values.get((tag, name))
        by_class = name == "class" and tag in (classes or {})
        return value if by_class or (pattern and pattern.fullmatch(value)) else None

    return nh3.Cleaner(
        tags=tags,
        attributes=attributes,
        attribute_filter=keep,
        allowed_classes=classes,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


_ARTICLE_TAGS: Final = _BLOCK_TAGS | {"a", "img", "div", "span", "figure", "figcaption"}
_ARTICLE_CLASSES: Final = {"span": {name for name in STANDARD_TYPES.values() if name}}
_article: Final = _cleaner(_ARTICLE_TAGS, _ARTICLE_VALUES, _ARTICLE_CLASSES)
_preview: Final = _cleaner(_ARTICLE_TAGS, _PREVIEW_VALUES, _ARTICLE_CLASSES)
_answer: Final = _cleaner(_BLOCK_TAGS | {"a", "span"}, _ANSWER_VALUES)
_excerpt: Final = _cleaner({"code", "mark"}, _EXCERPT_VALUES)
