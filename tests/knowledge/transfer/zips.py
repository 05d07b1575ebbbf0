"""Zips to import, ordinary and hostile ones."""

import io
import stat
import struct
import zipfile
from collections.abc import Mapping

from PIL import Image

Contents = Mapping[str, str | bytes]


def zip_of(contents: Contents) -> bytes:
    """A zip of these files, by path."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in contents.items():
            archive.writestr(path, content)
    return made.getvalue()


def zip_with(info: zipfile.ZipInfo, content: bytes = b"Text") -> bytes:
    """A zip of one odd entry beside a good one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.md", "Good")
        archive.writestr(info, content)
    return made.getvalue()


def symlink(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def renamed(archive: bytes, old: bytes, new: bytes) -> bytes:
    """The zip with a name changed byte by byte, to one that no library would write."""
    assert len(old) == len(new)
    return archive.replace(old, new)


def flagged_as_encrypted(archive: bytes) -> bytes:
    """The zip whose directory says that its last file is encrypted."""
    at = archive.rindex(b"PK\x01\x02") + 8
    flags = struct.unpack_from("<H", archive, at)[0] | 1
    return archive[:at] + struct.pack("<H", flags) + archive[at + 2 :]


def claiming(archive: bytes, size: int) -> bytes:
    """The zip whose directory says that its last file has this size."""
    at = archive.rindex(b"PK\x01\x02") + 24
    return archive[:at] + struct.pack("<I", size) + archive[at + 4 :]


def png(colour: str = "red") -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Image.new("RGB", (2, 2), colour).save(made, "PNG")
    return made.getvalue()
