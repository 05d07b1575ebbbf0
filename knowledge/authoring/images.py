"""The pictures of articles, in GridFS: storing what `picture_files` has written anew, reading it.

Who may see one is `access`; how an article names one is `image_addresses`. Nothing here deletes:
a picture may be shown by several articles, and old revisions show it, too.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from bson import ObjectId
from django.conf import settings
from django.utils import timezone
from gridfs.errors import FileExists

from accounts.models import User
from kbsite import mongo
from kbsite.documents import Document
from knowledge.authoring.image_addresses import image_address
from knowledge.authoring.picture_files import Picture, PictureRefused, read_picture
from knowledge.models import Workspace

MAX_ALT: Final = 120
_NOT_IN_ALT: Final = re.compile(r"[\[\]\\`*_<>!|&\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A picture as it is served."""

    data: bytes
    content_type: str
    sha256: str


def store_image(*, workspace: Workspace, user: User | None, data: bytes) -> str:
    """Store the picture in a file from anybody; what an article's Markdown says to show it.

    Equal pictures of a workspace are stored once. Raises `PictureRefused`.
    """
    if len(data) > settings.IMAGE_MAX_BYTES:
        largest = settings.IMAGE_MAX_BYTES / 1_000_000
        raise PictureRefused(f"This file is too large: a picture may have {largest:g} MB.")
    picture = read_picture(data)
    digest = hashlib.sha256(picture.data).hexdigest()
    image_id = _known(workspace, digest) or _insert(workspace, user, picture, digest)
    return image_address(image_id, picture.extension)


def stored_address(workspace: Workspace, data: bytes) -> str:
    """What Markdown says to show this very file, if the workspace has stored it; or nothing."""
    digest = hashlib.sha256(data).hexdigest()
    found = _renewed(workspace, digest)
    return f"../images/{found['filename']}" if found else ""


def find_image(workspace: Workspace, image_id: ObjectId, extension: str) -> StoredImage | None:
    """The workspace's image of this address, or None."""
    named = {"_id": image_id, "filename": f"{image_id}.{extension}"}
    found = mongo.images().find({**named, "metadata.workspace_id": workspace.pk}, limit=1)
    for file in found:
        return StoredImage(file.read(), file.metadata["content_type"], file.metadata["sha256"])
    return None


def alt_text(file_name: str) -> str:
    """A picture's description until somebody writes one: its file's name, as plain words."""
    stem = file_name.rpartition("/")[2].rpartition("\\")[2]
    stem = stem.rpartition(".")[0] or stem
    words = " ".join(_NOT_IN_ALT.sub(" ", stem).replace("-", " ").split())
    return words[:MAX_ALT].strip()


def _known(workspace: Workspace, digest: str) -> ObjectId | None:
    found = _renewed(workspace, digest)
    return found["_id"] if found else None


def _renewed(workspace: Workspace, digest: str) -> Document | None:
    """The same picture, stored before; it counts as new, so that no sweep takes it just now."""
    return mongo.image_files().find_one_and_update(
        {"metadata.workspace_id": workspace.pk, "metadata.sha256": digest},
        {"$set": {"uploadDate": timezone.now()}},
        projection={"filename": True},
    )


def _insert(workspace: Workspace, user: User | None, picture: Picture, digest: str) -> ObjectId:
    image_id = ObjectId()
    about = {
        "workspace_id": workspace.pk,
        "uploaded_by": user and user.pk,
        "sha256": digest,
        "width": picture.width,
        "height": picture.height,
        "content_type": picture.content_type,
    }
    try:
        mongo.images().upload_from_stream_with_id(
            image_id, f"{image_id}.{picture.extension}", picture.data, metadata=about
        )
    except FileExists:  # somebody stored the same picture in this moment
        if known := _known(workspace, digest):
            return known
        raise
    return image_id
