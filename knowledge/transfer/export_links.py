"""An article's text as its file in an export: addresses of other files, and what they were before.

What an address means is `export_names`; an import undoes the changes in `pictures`.
"""

import posixpath
from typing import Final
from urllib.parse import quote

from knowledge.models import Article
from knowledge.transfer.export_names import Names
from knowledge.transfer.reading import Upload
from knowledge.transfer.references import references_changed

MAX_LINKS_CHARS: Final = 8_000
"""Of the front matter's limit; links beyond it stay as they are in the site."""


class Relinked:
    """The article's text with addresses inside the zip; `links` tells what they were."""

    def __init__(self, article: Article, path: str, names: Names, reader: Upload) -> None:
        self.links: dict[str, str] = {}
        self.pictures: set[str] = set()
        self._article, self._names = article, names
        self._folder = posixpath.dirname(path)
        self._room = MAX_LINKS_CHARS
        found = reader.references(article.content)
        self._used = {article.content[r.start : r.end] for r in found}
        self._new: dict[str, str] = {}
        self.text = references_changed(article.content, found, self._changed)

    def _changed(self, written: str, target: str) -> str:
        """What stands in the file for an address of the text."""
        if written not in self._new:
            self._new[written] = self._other(written, target)
        return self._new[written]

    def _other(self, written: str, target: str) -> str:
        path, mark, fragment = target.partition("#")
        meant = self._names.meant(path, self._article)
        if not meant:
            return written
        new = quote(posixpath.relpath(meant, self._folder or ".")) + mark + quote(fragment)
        if meant.startswith("images/"):
            self.pictures.add(meant)
            return new
        return written if new == written else self._unmistakable(new, written)

    def _unmistakable(self, new: str, written: str) -> str:
        """A spelling of the new address that nothing else in the text has, to be undone by."""
        self._room -= len(new) + len(written) + 8
        if self._room < 0:
            return written
        while new in self._used or new in self.links:
            new = f"./{new}"
        self.links[new] = written
        return new
