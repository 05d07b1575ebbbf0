"""What a picture file may be, and the same picture without anything that is not the picture.

Recognised by content, never by name, and written anew: metadata, comments, colour profiles and
whatever hid behind the picture are gone, its orientation and its colours are applied. A file
from anybody may be made to take long or much, so each is read by a process of its own with
limits. Storing pictures is `images`.
"""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import (
    Image,
    ImageCms,
    ImageOps,
    ImageSequence,
    JpegImagePlugin,
    UnidentifiedImageError,
)

from knowledge.authoring.image_addresses import EXTENSIONS

MAX_PIXELS: Final = 40_000_000
"""Of all frames together."""

MAX_FRAMES: Final = 500
TIME_LIMIT: Final = 15.0
"""Seconds for one file, its process's start included."""

MEMORY_LIMIT: Final = 1 << 30
_AT_ONCE: Final = 2
_WAIT: Final = 20.0
_ROOT: Final = Path(__file__).resolve().parents[2]
_PLAIN_MODES: Final = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}
_QUALITY: Final = 90
_NO_PICTURE: Final = "This is not a picture that can be shown. Use a PNG, JPEG, GIF or WebP file."
_DRAWING: Final = (
    "SVG drawings are not accepted, because they can carry programs. Export it as PNG or WebP."
)
_DAMAGED: Final = "This picture cannot be read: the file is damaged or cut off."
_TOO_MANY_PIXELS: Final = (
    f"This picture has too many pixels; {MAX_PIXELS // 1_000_000} million are the most, "
    "of all frames together. Make it smaller and try again."
)
_TOO_MANY_FRAMES: Final = f"This animation has more than {MAX_FRAMES} frames."
_TOO_MUCH: Final = (
    "This picture takes too much time or memory to read. Make it smaller and try again."
)
_BUSY: Final = "Too many pictures at once. Try again in a moment."


class PictureRefused(Exception):
    """The file is not taken; the message is a sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture written anew; `format` is Pillow's name of it, a key of `EXTENSIONS`."""

    data: bytes
    format: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        return f"image/{self.format.lower()}"

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.format]


_places: Final = threading.BoundedSemaphore(_AT_ONCE)


def read_picture(data: bytes) -> Picture:
    """The picture in a file from anybody. Blocks; safe from any thread. Raises `PictureRefused`."""
    if not _places.acquire(timeout=_WAIT):
        raise PictureRefused(_BUSY)
    try:
        output = subprocess.run(
            [sys.executable, "-m", "knowledge.authoring.picture_files"],
            cwd=_ROOT,
            env={},
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIME_LIMIT,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired:
        raise PictureRefused(_TOO_MUCH) from None
    finally:
        _places.release()
    return _from_output(output)


def _from_output(output: bytes) -> Picture:
    """What the process wrote: one line of JSON, then the picture. Nothing, where it was ended."""
    head, _, data = output.partition(b"\n")
    if not head:
        raise PictureRefused(_TOO_MUCH)
    about = json.loads(head)
    if "refused" in about:
        raise PictureRefused(about["refused"])
    return Picture(data=data, **about)


def main() -> None:
    """Read a file from standard input, and write what `_from_output` reads."""
    _limit_this_process()
    head: dict[str, Any]
    try:
        picture = rewrite(sys.stdin.buffer.read())
    except PictureRefused as error:
        head, data = {"refused": str(error)}, b""
    except MemoryError:
        head, data = {"refused": _TOO_MUCH}, b""
    except Exception:  # whatever a hostile file breaks in Pillow, it is no picture
        head, data = {"refused": _DAMAGED}, b""
    else:
        head = {"format": picture.format, "width": picture.width, "height": picture.height}
        data = picture.data
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + data)


def _limit_this_process() -> None:
    with suppress(ImportError, ValueError, OSError):  # not every system has these limits
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (int(TIME_LIMIT), int(TIME_LIMIT)))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def rewrite(data: bytes) -> Picture:
    """The picture written anew, in this process."""
    image = _opened(data)
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    frames = 1 if kind == "JPEG" else int(getattr(image, "n_frames", 1))
    if frames > MAX_FRAMES:
        raise PictureRefused(_TOO_MANY_FRAMES)
    if image.width * image.height * frames > MAX_PIXELS:
        raise PictureRefused(_TOO_MANY_PIXELS)
    return _animated(image, kind) if frames > 1 else _still(image, kind)


def _opened(data: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # the header's size is compared before any pixel is read
    try:
        return Image.open(io.BytesIO(data), formats=tuple(EXTENSIONS))
    except UnidentifiedImageError:
        drawing = b"<svg" in data[:4096].lower()
        raise PictureRefused(_DRAWING if drawing else _NO_PICTURE) from None


def _still(image: Image.Image, kind: str) -> Picture:
    options: dict[str, Any] = {}
    if kind == "JPEG":
        options |= {"optimize": True, **_as_it_was_compressed(image)}
    if kind == "WEBP":
        options |= {"quality": _QUALITY, "exact": True}
    plain = _without_the_rest(ImageOps.exif_transpose(image), kind)
    return _written(plain, kind, options)


def _animated(image: Image.Image, kind: str) -> Picture:
    options: dict[str, Any] = {"save_all": True, "loop": image.info.get("loop", 1)}
    if "loop" not in image.info and kind == "GIF":
        del options["loop"]  # shown once
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        frames.append(_without_the_rest(frame.convert("RGBA"), kind))
        durations.append(int(frame.info.get("duration", 100)))  # known once it is read
    options |= {"append_images": frames[1:], "duration": durations}
    if kind == "GIF":
        options["disposal"] = 2
    return _written(frames[0], kind, options)


def _as_it_was_compressed(image: Image.Image) -> dict[str, Any]:
    """Options that compress a JPEG as it was before, so that it neither blurs nor grows."""
    if image.mode not in ("L", "RGB"):
        return {"quality": _QUALITY}
    return {
        "qtables": image.quantization,  # type: ignore[attr-defined]
        "subsampling": JpegImagePlugin.get_sampling(image),
    }


def _without_the_rest(image: Image.Image, kind: str) -> Image.Image:
    """The pixels in sRGB and what makes some of them transparent; nothing else of the file."""
    image = _in_srgb(image)
    if image.mode not in _PLAIN_MODES or (kind == "JPEG" and image.mode not in ("L", "RGB")):
        image = image.convert("RGBA" if image.has_transparency_data and kind != "JPEG" else "RGB")
    image.info = dict(_kept(image.info))
    return image


def _kept(info: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
    if "transparency" in info:
        yield "transparency", info["transparency"]


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours that the file's profile means; as they are, where it has none that holds."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        mode = "RGB" if image.mode == "CMYK" else image.mode
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        shown = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, meant, shown, outputMode=mode) or image
    return image


def _written(image: Image.Image, kind: str, options: dict[str, Any]) -> Picture:
    output = io.BytesIO()
    try:
        image.save(output, kind, **options)
    except (OSError, ValueError):  # its pixels could be read, so they are too many to write
        raise PictureRefused(_TOO_MUCH) from None
    return Picture(output.getvalue(), kind, image.width, image.height)


if __name__ == "__main__":
    main()
