"""How an article names an image of the site: `../images/<id>.<ext>`, relative to its own page.

Relative, so that it holds wherever the site lives. Storing and showing images is `images.py`.
"""

import re
from typing import Final

from bson import ObjectId

EXTENSIONS: Final = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
"""By Pillow's name of the format."""

_ADDRESS: Final = re.compile(r"images/([0-9a-f]{24})\.(?:png|jpg|gif|webp)")


def image_address(image_id: ObjectId, extension: str) -> str:
    """What an article's Markdown says to show the image."""
    return f"../images/{image_id}.{extension}"


def image_ids(content: str) -> list[ObjectId]:
    """The images that `content` may show, each once; in code and comments too, which harms none."""
    return [ObjectId(found) for found in dict.fromkeys(_ADDRESS.findall(content))]
