"""Picture files from anybody: the picture alone comes out, in bounded time and memory."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from knowledge.authoring import picture_files
from knowledge.authoring.picture_files import PictureRefused, read_picture, rewrite
from tests.knowledge.pictures import animation, picture


def opened(data: bytes) -> Any:
    image: Any = Image.open(io.BytesIO(data))
    image.load()
    return image


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112], found[0x010E] = orientation, "CANARY"
    return found


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "LA"),
        ("PNG", "1"),
        ("PNG", "I;16"),
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("WEBP", "RGBA"),
        ("GIF", "P"),
    ],
)
def test_a_picture_keeps_its_format_its_size_and_its_pixels(kind: str, mode: str) -> None:
    colour = {"RGB": (200, 30, 30), "RGBA": (200, 30, 30, 90), "LA": (90, 40)}.get(mode, 1)
    data = picture(kind, mode=mode, colour=colour)
    found = rewrite(data)
    assert (found.format, found.width, found.height) == (kind, 60, 40)
    pixels = [each.convert("RGBA").getpixel((5, 5)) for each in (opened(data), opened(found.data))]
    assert all(abs(one - other) < 4 for one, other in zip(*pixels, strict=True))


def test_metadata_comments_and_what_hides_behind_a_picture_are_gone() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "CANARY")
    files = [
        picture("PNG", pnginfo=info, exif=exif()),
        picture("JPEG", comment="CANARY", exif=exif()),
        picture("WEBP", exif=exif(), xmp=b"CANARY"),
        picture("GIF", mode="P", colour=1, comment="CANARY"),
        animation("GIF"),
        *(picture(kind) + b"<script>CANARY</script>" for kind in ("PNG", "JPEG")),
    ]
    for data in files:
        assert b"CANARY" in data
        assert b"CANARY" not in rewrite(data).data


def test_a_photo_is_turned_as_its_camera_was_held() -> None:
    found = rewrite(picture("JPEG", exif=exif(orientation=6)))
    assert (found.width, found.height) == (40, 60)
    assert not opened(found.data).getexif()


def test_colours_look_as_their_profile_meant_them_without_the_profile() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for icc in (profile, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"x"):
        found = opened(rewrite(picture("PNG", icc_profile=icc)).data)
        assert "icc_profile" not in found.info
        assert found.getpixel((0, 0)) == (200, 30, 30)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_keeps_its_frames_and_their_times(kind: str) -> None:
    found = opened(rewrite(animation(kind)).data)
    assert found.n_frames == 3
    times = []
    for number in range(3):
        found.seek(number)
        found.load()
        times.append(found.info["duration"])
    assert times == [70, 80, 90]


def test_u2_what_is_no_picture_is_refused_with_a_reason() -> None:
    for data, reason in {
        b"": "not a picture",
        b"%PDF-1.7": "not a picture",
        b"<?xml version='1.0'?><SVG onload=alert(1)></SVG>": "SVG",
        picture("BMP"): "not a picture",
        picture("TIFF"): "not a picture",
        picture("JPEG", size=(500, 500))[:900]: "damaged",
        picture("PNG")[:50] + b"<svg>": "damaged",
    }.items():
        with pytest.raises(PictureRefused, match=reason):
            read_picture(data)


def test_u2_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(PictureRefused, match="too many pixels"):
        read_picture(bomb(60_000, 60_000))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""
    data = picture("PNG", size=(1, 1), mode="L", colour=0)
    body = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + body + zlib.crc32(body).to_bytes(4, "big") + data[33:]


def test_u2_animations_have_so_many_frames_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    data = animation(frames=6)
    monkeypatch.setattr(picture_files, "MAX_PIXELS", 6 * 200 - 1)
    with pytest.raises(PictureRefused, match="too many pixels"):
        rewrite(data)
    monkeypatch.setattr(picture_files, "MAX_FRAMES", 5)
    with pytest.raises(PictureRefused, match="has more than"):
        rewrite(data)


def test_u2_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "TIME_LIMIT", 0.01)
    with pytest.raises(PictureRefused, match="too much time"):
        read_picture(picture())


def test_u2_every_file_that_is_cut_off_is_refused_or_shown_in_part() -> None:
    for data in (picture("GIF", mode="P", colour=1), picture("WEBP"), animation()):
        for end in range(0, len(data), 7):
            try:
                found = rewrite(data[:end])
            except Exception:  # noqa: S112, whatever it is, its process refuses the file
                continue
            opened(found.data)
