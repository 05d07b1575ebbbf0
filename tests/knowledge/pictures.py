"""Picture files to test with."""

import io
from typing import Any

from PIL import Image


def picture(
    kind: str = "PNG",
    *,
    mode: str = "RGB",
    size: tuple[int, int] = (60, 40),
    colour: Any = (200, 30, 30),
    **options: Any,
) -> bytes:
    """A file of one colour."""
    output = io.BytesIO()
    Image.new(mode, size, colour).save(output, kind, **options)
    return output.getvalue()


def animation(kind: str = "GIF", *, frames: int = 3, size: tuple[int, int] = (20, 10)) -> bytes:
    """A file of frames that differ, with a comment."""
    images = [Image.new("RGB", size, (number * 40 % 256, 0, 0)) for number in range(frames)]
    output = io.BytesIO()
    images[0].save(
        output,
        kind,
        save_all=True,
        append_images=images[1:],
        duration=[70 + 10 * number for number in range(frames)],
        loop=0,
        comment=b"CANARY",
    )
    return output.getvalue()
