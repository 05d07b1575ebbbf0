"""Where the links and pictures of an article may lead.

Links go to http, https and mailto, or stay on this site; any other becomes its text. Links
inside the page are moved to the ids the headings really have, and links between the files of an
imported folder to `/w/<workspace>/source/<path>`, which knows their articles. A picture from
this site stays a picture; from elsewhere it becomes a link, because showing it would tell its
server who reads (SECURITY X4). What of this site a page then refers to is `references`.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import Final
from urllib.parse import quote, unquote, urljoin

from markdown_it.token import Token

from knowledge.markdown import ANCHOR_PREFIX, inline_text
from knowledge.sanitizing import EXTERNAL_REL, PICTURE

MAX_REFERENCES: Final = 1_000
MAX_TARGET: Final = 500
_MAX_TEXT: Final = 100

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ALLOWED: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_EXTERNAL: Final = re.compile(r"(?:https?:|//)", re.IGNORECASE)
_MARKDOWN_FILE: Final = re.compile(r"[^/?][^?]*\.mdx?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What a link's target depends on: the page's ids, and the file that it was imported from.

    `source_path` is relative to the imported folder, and empty for an article written here.
    `base` is the path of the article's page, for showing the article at another address; without
    one, what is relative stays so.
    """

    anchors: frozenset[str] = frozenset()
    source_path: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link or an image ("link", "image") whose `target`, as the page has it, is on this site.

    An "anchor" is a link to a place in its own page that the page does not have. `text` is what
    the link says, or the image's description.
    """

    kind: str
    target: str
    text: str


def resolve(tokens: Iterable[Token], page: Page) -> None:
    """Rewrite the links and pictures of `tokens`, which are on `page`, in place."""
    for token in tokens:
        if token.type == "inline":
            token.children = list(_resolved(token.children or [], page))


def references(tokens: Iterable[Token], page: Page) -> list[Reference]:
    """What resolved `tokens` refer to, each target once, at most MAX_REFERENCES of them."""
    found: dict[tuple[str, str], Reference] = {}
    for reference in chain.from_iterable(_references(t.children or [], page) for t in tokens):
        if len(found) == MAX_REFERENCES:
            break
        found.setdefault((reference.kind, reference.target), reference)
    return list(found.values())


def _references(children: list[Token], page: Page) -> Iterator[Reference]:
    for position, token in enumerate(children):
        if token.type == "image":
            text = inline_text(token.children or [])
            yield Reference("image", str(token.attrs["src"])[:MAX_TARGET], text[:_MAX_TEXT])
        elif token.type == "link_open" and (kind := _kind(str(token.attrs["href"]), page)):
            following = children[position + 1 : position + 1 + _MAX_TEXT]
            text = inline_text(list(takewhile(lambda t: t.type != "link_close", following)))
            yield Reference(kind, str(token.attrs["href"])[:MAX_TARGET], text[:_MAX_TEXT])


def _kind(url: str, page: Page) -> str:
    """What a link is by its address; empty where there is nothing to look up."""
    if url.startswith("#"):
        return "" if url == "#" or unquote(url[1:]) in page.anchors else "anchor"
    return "" if _SCHEME.match(url) or url.startswith("//") else "link"


def target(url: str, page: Page) -> str | None:
    """The address that a link to `url` gets, or None where it may not lead."""
    if _SCHEME.match(url):
        return url if _ALLOWED.match(url) else None
    path, mark, fragment = url.partition("#")
    if path.startswith("//") or not fragment:
        return (_placed(_sibling(path, page), page) + mark) or None
    anchor = _anchor(unquote(fragment), page.anchors if not path else frozenset())
    return f"{_placed(_sibling(path, page), page)}#{quote(anchor)}"


def _placed(path: str, page: Page) -> str:
    """The path as the article's page would understand it, wherever the article is shown."""
    if not page.base or not path or path.startswith("/"):
        return path
    return "/" + urljoin(page.base, path).lstrip("/")


def _sibling(path: str, page: Page) -> str:
    """A link to another file of the same imported folder as a link to its article."""
    if not (page.source_path and _MARKDOWN_FILE.fullmatch(path)):
        return path
    folder = posixpath.dirname(page.source_path)
    found = posixpath.normpath(posixpath.join(folder, unquote(path)))
    return path if found.startswith("../") else f"../source/{quote(found)}"


def _anchor(fragment: str, anchors: frozenset[str]) -> str:
    return fragment if fragment in anchors else ANCHOR_PREFIX + fragment.lower()


def _resolved(children: list[Token], page: Page) -> Iterator[Token]:
    inside = False
    for token in children:
        if token.type == "link_open":
            url = target(str(token.attrs["href"]), page)
            inside = url is not None
            if url is not None:
                yield _link(url, token)
        elif token.type == "link_close":
            if inside:
                yield token
            inside = False
        elif token.type == "image":
            yield from _picture(token, page, inside)
        else:
            yield token


def _link(url: str, token: Token) -> Token:
    token.attrSet("href", url)
    if _EXTERNAL.match(url):
        token.attrSet("rel", EXTERNAL_REL)
    return token


def _picture(token: Token, page: Page, inside_link: bool) -> Iterator[Token]:
    """The picture, or its description, linked to it where that can be."""
    source = str(token.attrs["src"])
    if PICTURE.fullmatch(source):
        token.attrSet("src", _placed(source, page))
        token.attrSet("loading", "lazy")
        yield token
        return
    url = None if inside_link else target(source, page)
    text = Token("text", "", 0, content=inline_text(token.children or []) or source)
    if url is None:
        yield text
    else:
        opening = Token("link_open", "a", 1, attrs={"href": url})
        yield from (_link(url, opening), text, Token("link_close", "a", -1))
