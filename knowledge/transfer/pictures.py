"""The pictures of an imported page: stored in the site, and shown from there.

Also where links become again what they were before an export. Storing is `authoring/images`,
which writes each picture anew; what cannot be shown stays in the text as it is, and is said.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from bson import ObjectId
from django.conf import settings

from accounts.models import User
from kbsite import mongo
from knowledge.authoring.image_addresses import image_address
from knowledge.authoring.images import store_image, stored_address
from knowledge.authoring.picture_files import PictureRefused, read_picture
from knowledge.models import Workspace
from knowledge.transfer.converting import EMBEDDED
from knowledge.transfer.markdown_files import CannotRead, Page, cleaned
from knowledge.transfer.reading import Upload
from knowledge.transfer.references import Reference, path_of, replaced

MAX_SAID: Final = 3
"""Pictures of one page that are named in its report; of the others the number."""

_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


class NoPicture(Exception):
    """The picture stays as the text has it; the message says why."""


@dataclass(slots=True)
class Album:
    """The pictures of one upload. Without `store` nothing is kept: it only tells the addresses."""

    upload: Upload
    workspace: Workspace
    user: User | None
    store: bool
    _addresses: dict[str, str] = field(default_factory=dict)

    def address(self, path: str) -> str:
        """What Markdown says to show the picture at `path` of the upload. Raises `NoPicture`."""
        if path in self._addresses:
            return self._addresses[path]
        data = self._data(path)
        address = stored_address(self.workspace, data) or self._stored(data)
        if not path.startswith(EMBEDDED):  # which names another picture in the next file
            self._addresses[path] = address
        return address

    def _data(self, path: str) -> bytes:
        try:
            data = self.upload.picture(path)
        except CannotRead as error:
            raise NoPicture(str(error)) from error
        if data is None:
            raise NoPicture("it is not in the upload")
        return data

    def _stored(self, data: bytes) -> str:
        try:
            if self.store:
                return store_image(workspace=self.workspace, user=self.user, data=data)
            return self._address_to_be(data)
        except PictureRefused as error:
            raise NoPicture(str(error)) from error

    def _address_to_be(self, data: bytes) -> str:
        """The address that storing would give: a known picture's, or one that only looks so."""
        picture = read_picture(data)
        digest = hashlib.sha256(picture.data).hexdigest()
        known = mongo.image_files().find_one(
            {"metadata.workspace_id": self.workspace.pk, "metadata.sha256": digest}, {"_id": 1}
        )
        return image_address(known["_id"] if known else ObjectId(digest[:24]), picture.extension)


def at_home(page: Page, path: str, album: Album) -> tuple[Page, str]:
    """The page of the file at `path` with addresses of this site, and what could not be kept.

    Raises `CannotRead`.
    """
    if "](" not in page.content and "]:" not in page.content:
        return page, ""
    found = album.upload.references(page.content)
    problems: dict[str, str] = {}
    changes = list(_changes(page, path, found, album, problems))
    _check_room(page.content, changes)
    content = cleaned(replaced(page.content, changes))
    return replace(page, content=content), _said(problems)


def _check_room(text: str, changes: Iterable[tuple[int, int, str]]) -> None:
    """Refuse before it is made what a few addresses, each used often, let grow too long."""
    chars = len(text) + sum(len(new) - (end - start) for start, end, new in changes)
    if chars > settings.ARTICLE_MAX_CHARS:
        raise CannotRead(
            f"with its links and pictures it would be {chars:,} characters long; "
            f"an article holds at most {settings.ARTICLE_MAX_CHARS:,}"
        )


def _changes(
    page: Page, path: str, found: list[Reference], album: Album, problems: dict[str, str]
) -> Iterator[tuple[int, int, str]]:
    before_export = page.origin.links if page.origin else {}
    for reference in found:
        span = reference.start, reference.end
        if (as_written := page.content[slice(*span)]) in before_export:
            yield *span, before_export[as_written]
        elif reference.kind == "picture" and not _ELSEWHERE.match(reference.target):
            try:
                yield *span, album.address(_inside(path, reference.target))
            except NoPicture as error:
                problems[path_of(reference.target)] = str(error)


def _inside(path: str, target: str) -> str:
    """The path in the upload that a picture's address means in the file at `path`."""
    if target.startswith(EMBEDDED):
        return target
    if target.startswith("/"):
        return path_of(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), path_of(target)))


def _said(problems: dict[str, str]) -> str:
    if not problems:
        return ""
    named = [f"{path} ({reason.rstrip('.')})" for path, reason in problems.items()]
    more = f" and {len(named) - MAX_SAID} more" if len(named) > MAX_SAID else ""
    return f"Pictures that are not shown: {'; '.join(named[:MAX_SAID])}{more}."
