"""What a clip's file is known by, so that it is found again elsewhere and a change is noticed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

_SAMPLED = 1 << 16
"""Bytes that are looked at, at the beginning, in the middle and at the end of a file."""


@dataclass(frozen=True)
class Fingerprint:
    """Equal for two files, or folders, of the same content, wherever they lie.

    Attributes:
        size: bytes, of all files of a folder. digest: of samples of the content.
    """

    size: int
    digest: str


def fingerprint(path: Path) -> Fingerprint:
    """Of a file, or of the files of a folder of pictures; takes some milliseconds.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    if path.is_dir():
        files = sorted(entry for entry in path.iterdir() if entry.is_file())
        sizes = [file.stat().st_size for file in files]
        for file, size in zip(files, sizes, strict=True):
            digest.update(f"{file.name}\0{size}\0".encode())
        return Fingerprint(sum(sizes), digest.hexdigest())
    size = path.stat().st_size
    with path.open("rb") as content:
        for place in (0, max(0, size // 2 - _SAMPLED // 2), max(0, size - _SAMPLED)):
            content.seek(place)
            digest.update(content.read(_SAMPLED))
    return Fingerprint(size, digest.hexdigest())
