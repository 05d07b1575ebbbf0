"""What a search page's address says, and the addresses around it: one filter less, one more.

The address is the search: it is all that the page needs to come out the same again. Asking and
rendering are elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, Self
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict

from knowledge.answers.question import InvalidQuestion, clean_question
from knowledge.models import MAX_CATEGORY, MAX_TAG

MAX_TAGS = 5
MAX_OFFERED = 6


class Filed(Protocol):
    """Something that carries tags and a category: a passage or an article."""

    @property
    def tags(self) -> Iterable[str]: ...
    @property
    def category(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """A chip on the page: "Tag" or "Category", its value, and where pressing it leads."""

    kind: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class SearchAddress:
    """The question and the filters of one search page.

    `problem` says in a sentence why the question cannot be asked; the question is then as it
    was written. Both are empty where none was asked.
    """

    question: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    problem: str = ""

    @classmethod
    def read(cls, params: QueryDict) -> Self:
        """From a query string; tags and categories that no article can have are left out."""
        question, problem = _read_question(params)
        tags = dict.fromkeys(tag.strip() for tag in params.getlist("tag"))
        category = params.get("category", "").strip()
        return cls(
            question=question,
            problem=problem,
            tags=tuple(tag for tag in tags if 0 < len(tag) <= MAX_TAG)[:MAX_TAGS],
            category=category if len(category) <= MAX_CATEGORY else "",
        )

    @property
    def url(self) -> str:
        """The query string of this search, relative to its workspace's page."""
        pairs = [("q", self.question), *(("tag", tag) for tag in self.tags)]
        pairs.append(("category", self.category))
        return "?" + urlencode([(name, value) for name, value in pairs if value])

    @property
    def unfiltered(self) -> "SearchAddress":
        return replace(self, tags=(), category="")

    def filters(self) -> list[Filter]:
        """The filters in force; each leads to the search without it."""
        kept = [
            Filter("Tag", tag, replace(self, tags=tuple(t for t in self.tags if t != tag)).url)
            for tag in self.tags
        ]
        if self.category:
            kept.append(Filter("Category", self.category, replace(self, category="").url))
        return kept

    def narrowings(self, found: Iterable[Filed]) -> list[Filter]:
        """Filters that what was found suggests; each leads to the search with it, too."""
        found = list(found)
        categories = () if self.category else dict.fromkeys(f.category for f in found if f.category)
        tags = dict.fromkeys(tag for f in found for tag in f.tags if tag not in self.tags)
        offered = [Filter("Category", c, replace(self, category=c).url) for c in categories]
        offered += [Filter("Tag", t, replace(self, tags=(*self.tags, t)).url) for t in tags]
        return offered[:MAX_OFFERED]


def _read_question(params: QueryDict) -> tuple[str, str]:
    written = params.get("q")
    if written is None:
        return "", ""
    try:
        return clean_question(written, max_chars=settings.QUESTION_MAX_CHARS), ""
    except InvalidQuestion as error:
        return written.strip(), str(error)
