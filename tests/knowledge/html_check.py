"""Walks HTML as a parser sees it and lists what may not be there: written apart from nh3's list.

An id that is not an article's own, an attribute that runs or styles, an address that leaves.
"""

import functools
import re
from html.parser import HTMLParser

TEXT_TAGS = re.findall(r"\w+", "p br strong em s code pre blockquote hr ul ol li h1 h2 h3 h4 h5 h6")
TABLE_TAGS = ["table", "thead", "tbody", "tr", "th", "td"]
ARTICLE_TAGS = {*TEXT_TAGS, *TABLE_TAGS, "a", "img", "div", "span", "figure", "figcaption"}
ANSWER_TAGS = {*TEXT_TAGS, *TABLE_TAGS, "a", "span"}
ATTRIBUTES = {"href", "title", "rel", "class", "aria-label", "src", "alt", "loading", "start"} | {
    "tabindex",
    "role",
    "id",
}
ANSWER_ATTRIBUTES = {"a": {"class", "href", "data-source", "data-claim"}, "span": {"class"}}
CLAIM = re.compile("claim claim--(?:weak|unsupported)|claim__note")
CITATION = re.compile(r"#source-[0-9]+")


class _Walker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@functools.lru_cache(maxsize=2)
def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    """Every element in order: its tag and its attributes."""
    walker = _Walker()
    walker.feed(html)
    walker.close()
    return walker.elements


def text_of(html: str) -> str:
    """The text a reader sees."""
    walker = _Walker()
    walker.feed(html)
    walker.close()
    return "".join(walker.words)


def ids(html: str) -> list[str]:
    """Every id in order."""
    return [attributes["id"] for _, attributes in elements(html) if "id" in attributes]


def scheme(url: str) -> str:
    """The scheme of `url` as a browser reads it: without spaces before, tabs and line breaks."""
    found = re.match(r"[\x00-\x20]*([a-zA-Z][\w+.-]*):", re.sub(r"[\t\r\n]", "", url))
    return found[1].lower() if found else ""


def article_problems(html: str) -> list[str]:
    """What an article's HTML holds and may not."""
    found = []
    for tag, attributes in elements(html):
        if tag not in ARTICLE_TAGS or not attributes.keys() <= ATTRIBUTES:
            found.append(f"{tag} {attributes}")
        if not attributes.get("id", "s-").startswith("s-"):
            found.append(f"id {attributes['id']}")
        if scheme(attributes.get("href", "")) not in ("", "http", "https", "mailto"):
            found.append(f"href {attributes['href']}")
        if scheme(attributes.get("src", "")) or re.match(r"[/\\]{2}", attributes.get("src", "")):
            found.append(f"src {attributes['src']}")
    return found


def answer_problems(html: str) -> list[str]:
    """What an answer's HTML holds and may not."""
    found = []
    for tag, attributes in elements(html):
        allowed = ANSWER_ATTRIBUTES.get(tag, {"start"})
        if tag not in ANSWER_TAGS or attributes.keys() - allowed:
            found.append(f"{tag} {attributes}")
        if tag == "span" and not CLAIM.fullmatch(attributes["class"]):
            found.append(f"mark {attributes}")
        if tag == "a" and not CITATION.fullmatch(attributes.get("href", "")):
            found.append(f"link {attributes}")
    return found
