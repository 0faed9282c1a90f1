"""Why a file cannot be opened, as one sentence that a person understands."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError

_HEAD = 1 << 16
_SEARCHED = 1 << 20
_STILL_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"II*\0", b"MM\0*")
_ENCRYPTION_MARKS = (b"encv", b"sinf", b"pssh")


def check_file(path: Path) -> None:
    """Refuse what needs no decoder to be refused.

    Raises:
        UserError: there is no such file, it may not be read, or it is empty.
    """
    try:
        if not path.exists():
            raise UserError(f"“{path}” is not there. It may have been moved or renamed.")
        if not path.is_file():
            raise UserError(f"“{path.name}” is not an ordinary file. Choose a video file.")
        if path.stat().st_size == 0:
            raise UserError(f"“{path.name}” is empty (0 bytes). Copy or download it again.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise UserError(
            f"“{path.name}” cannot be read: {error.strerror}. Check its permissions."
        ) from error


def not_openable(path: Path) -> UserError:
    """The sentence for a file that no demuxer takes."""
    data = _head_and_tail(path)
    if encrypted(path):
        return encrypted_error(path)
    if data[4:8] == b"ftyp" and b"moov" not in data:
        return UserError(
            f"“{path.name}” is cut off: the index that a video keeps at its end is missing. "
            "Copy or record it again."
        )
    if data[4:8] == b"ftyp":
        return UserError(f"“{path.name}” is damaged: its index cannot be read. Copy it again.")
    return UserError(f"“{path.name}” is not a video{_looks_like(data)}. Choose a video file.")


def encrypted(path: Path) -> bool:
    """Whether an MP4 family file that does not decode carries marks of protection."""
    data = _head_and_tail(path)
    return data[4:8] == b"ftyp" and any(mark in data for mark in _ENCRYPTION_MARKS)


def encrypted_error(path: Path) -> UserError:
    return UserError(
        f"“{path.name}” is encrypted (DRM), so its pictures cannot be read. "
        "Use a copy without protection."
    )


def no_video(path: Path, has_audio: bool, has_cover: bool) -> UserError:
    """The sentence for a file without moving pictures."""
    if has_cover:
        return UserError(
            f"“{path.name}” holds no moving video: its only picture is a cover. "
            "Choose a video file."
        )
    only = " It holds sound only." if has_audio else ""
    return UserError(f"“{path.name}” has no video stream.{only} Choose a video file.")


def still_picture(path: Path) -> UserError:
    return UserError(
        f"“{path.name}” is a still picture, not a video. "
        "To use pictures as a clip, put them into a folder and open the folder."
    )


def unknown_codec(path: Path, codec: str) -> UserError:
    return UserError(
        f"“{path.name}” is coded as {codec}, which this installation cannot decode. "
        "Convert it to H.264 and open it again."
    )


def nothing_decodes(path: Path, packets: int) -> UserError:
    return UserError(
        f"“{path.name}” is damaged: none of its {packets} frames can be decoded. "
        "Copy or download it again."
    )


def unreadable(path: Path) -> UserError:
    """The sentence for a file that could be read when it was opened."""
    return UserError(
        f"“{path.name}” can no longer be read. It may have been moved, changed or unplugged; "
        "open it again."
    )


def too_small(path: Path, size: tuple[int, int], smallest: int) -> UserError:
    return UserError(
        f"“{path.name}” is {size[0]}x{size[1]} pixels; "
        f"the smallest clip that can be used is {smallest}x{smallest}."
    )


def _head_and_tail(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_SEARCHED)
        file.seek(max(file.tell(), path.stat().st_size - _SEARCHED))
        return head + file.read(_SEARCHED)


def _looks_like(data: bytes) -> str:
    start = data[:_HEAD].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return " but a web page"
    if data.startswith(_STILL_HEADS):
        return " but a still picture"
    try:
        text = data[:_HEAD].decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return " but plain text" if text.isprintable() or text.isascii() else ""
