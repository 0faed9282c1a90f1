"""The text in a file's metadata that says how it was made; `core.media.sinks.TAG` is its key."""

from __future__ import annotations

import zipfile
from pathlib import Path

import av
import numpy as np

from core.media.picture_sinks import PNG_SIGNATURE
from core.media.sinks import TAG
from core.media.streams import open_container

LONGEST_TAG = 64 << 20
"""Bytes; nothing longer is read from a file of strangers."""


def read_tag(path: Path) -> str:
    """The text that `write_clip` was given as `tag`; "" when there is none, or no such file.

    Args:
        path: a video, a GIF, a PNG picture, a folder of those, or NumPy arrays.
    """
    try:
        if path.is_dir():
            first = min(path.glob("*.png"), default=None)
            return read_tag(first) if first else ""
        with path.open("rb") as file:
            start = file.read(len(PNG_SIGNATURE))
        if start == PNG_SIGNATURE:
            return _of_png(path)
        if zipfile.is_zipfile(path):
            return _of_arrays(path)
        return _of_container(path)
    except (OSError, ValueError, zipfile.BadZipFile, av.FFmpegError):
        return ""  # a file that cannot be read says nothing; whoever opens it hears why


def _of_container(path: Path) -> str:
    with open_container(path) as container:
        found = {key.lower(): text for key, text in container.metadata.items()}
    if TAG in found:
        return found[TAG]
    comment = found.get("comment", "")  # the one text that a GIF has room for
    return comment.removeprefix(f"{TAG} ") if comment.startswith(f"{TAG} ") else ""


def _of_png(path: Path) -> str:
    """The text block of that key, among those before the pixels."""
    with path.open("rb") as file:
        file.seek(len(PNG_SIGNATURE))
        while len(head := file.read(8)) == 8:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind == b"IDAT" or length > LONGEST_TAG:
                break
            block = file.read(length)
            key, _, text = block.partition(b"\0")
            if kind == b"tEXt" and key == TAG.encode():
                return text.decode("ascii")
            file.seek(4, 1)
    return ""


def _of_arrays(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        name = f"{TAG}.npy"
        if name not in archive.namelist() or archive.getinfo(name).file_size > LONGEST_TAG:
            return ""
        with archive.open(name) as entry:
            return str(np.lib.format.read_array(entry, allow_pickle=False))
