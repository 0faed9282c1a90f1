"""File names that every file system takes."""

from __future__ import annotations

LONGEST_NAME = 255
"""Bytes; the limit of ext4, APFS and NTFS (there in UTF-16 units, which are never more)."""


def shortened(stem: str, ending: str) -> str:
    """`stem` + `ending`, with the stem cut between characters so that both fit 255 bytes."""
    room = LONGEST_NAME - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending
