"""A project as one zip file, to be given away or kept, and back again anywhere."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from core.errors import UserError
from core.project.contents import Contents, MediaFile
from core.project.disk import reason
from core.project.drafts import SUFFIX
from core.project.folder import MASKS, MEDIA, PICTURES, PROJECT, TAKES, read_project

CHUNK = 1 << 20
_PACKED_ALREADY = {".png", ".jpg", ".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".npz"}


@dataclass(frozen=True)
class Packed:
    """How far packing or unpacking is, in bytes. The last one of a job has done == total."""

    done: int
    total: int


def media_size(contents: Contents) -> int:
    """Bytes of the clips' files that are there."""
    return sum(path.stat().st_size for path, _name in _media(contents))


def pack(folder: Path, target: Path, *, media: bool) -> Generator[Packed, None, None]:
    """Write a project as a zip file. Closing the generator before its end leaves nothing behind.

    Args:
        media: whether the clips' files go along; they are then found wherever it is unpacked.

    Raises:
        UserError: the project cannot be read or the file not be written.
    """
    contents = read_project(folder, keep_aside=False).contents
    files = [*_own_files(folder), *(_media(contents) if media else ())]
    listed = _with_media(contents, folder) if media else contents
    root = target.stem.removesuffix(SUFFIX) + SUFFIX
    part = target.with_name(f".{target.name}.part")
    total, done = sum(path.stat().st_size for path, _name in files), 0
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{root}/{PROJECT}", json.dumps(listed.to_json(folder), indent=1))
            for path, name in files:
                for count in _add(archive, path, f"{root}/{name}"):
                    done += count
                    yield Packed(done, total)
        part.replace(target)
    except OSError as error:
        raise UserError(
            f"“{target.name}” cannot be written: {reason(error)}. Choose another place."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    yield Packed(total, total)


def packed_name(path: Path) -> str:
    """The folder that a packed project unpacks to, or "" when a file is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _root(archive)
    except (OSError, zipfile.BadZipFile, UserError):
        return ""


def unpack(path: Path, folder: Path) -> Generator[Packed, None, None]:
    """Unpack a project. Closing the generator before its end leaves nothing behind.

    Args:
        folder: that the project gets, `name.maskreel`; it is not there yet.

    Raises:
        UserError: it is no packed project, it is damaged, or the folder cannot be written.
    """
    part = folder.with_name(f".{folder.name}.part")
    try:
        with zipfile.ZipFile(path) as archive:
            root = _root(archive)
            members = [info for info in archive.infolist() if not info.is_dir()]
            total, done = sum(info.file_size for info in members), 0
            for info in members:
                inside = PurePosixPath(info.filename).relative_to(root)
                for count in _extract(archive, info, part / inside):
                    done += count
                    yield Packed(min(done, total), total)
        part.rename(folder)
    except zipfile.BadZipFile as error:
        raise UserError(f"“{path.name}” is damaged: {error}. Copy it again.") from error
    except OSError as error:
        raise UserError(
            f"“{path.name}” cannot be unpacked to {folder.parent}: {reason(error)}. "
            "Choose another place."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    yield Packed(total, total)


def _own_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """What lies in the project's folder, and its name in the zip file."""
    for place in (MASKS, TAKES, PICTURES):
        for path in sorted((folder / place).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path, path.relative_to(folder).as_posix()


def _media(contents: Contents) -> Iterator[tuple[Path, str]]:
    """The files of all clips that are there; those of a folder of pictures too."""
    for clip, name in _media_names(contents):
        path = clip.path
        if path.is_dir():
            pictures = (entry for entry in sorted(path.iterdir()) if entry.is_file())
            yield from ((entry, f"{name}/{entry.name}") for entry in pictures)
        elif path.exists():
            yield path, name


def _media_names(contents: Contents) -> Iterator[tuple[MediaFile, str]]:
    """The clips' files and what they are called in the zip file: no two of them alike."""
    taken: set[str] = set()
    for clip in contents.clips:
        if clip.file is not None:
            plain = clip.file.path.name
            name = plain if plain.lower() not in taken else f"{clip.id}-{plain}"
            taken.add(name.lower())
            yield clip.file, f"{MEDIA}/{name}"


def _with_media(contents: Contents, folder: Path) -> Contents:
    """The project with its clips inside of its folder."""
    places = {file.path: folder / name for file, name in _media_names(contents)}
    clips = tuple(
        clip if clip.file is None else replace(clip, file=_moved(clip.file, places))
        for clip in contents.clips
    )
    return replace(contents, clips=clips)


def _moved(file: MediaFile, places: dict[Path, Path]) -> MediaFile:
    return replace(file, path=places[file.path]) if file.path.exists() else file


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> Iterator[int]:
    """Pack one file; yields how many bytes more are done."""
    info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    smaller = path.suffix.lower() not in _PACKED_ALREADY
    info.compress_type = zipfile.ZIP_DEFLATED if smaller else zipfile.ZIP_STORED
    with path.open("rb") as source, archive.open(info, "w") as sink:
        while chunk := source.read(CHUNK):
            sink.write(chunk)
            yield len(chunk)


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as source, path.open("wb") as sink:
        while chunk := source.read(CHUNK):
            sink.write(chunk)
            yield len(chunk)


def _root(archive: zipfile.ZipFile) -> str:
    """The one folder that all is in.

    Raises:
        UserError: it is no project, or a name in it leads out of the folder.
    """
    names = [PurePosixPath(name) for name in archive.namelist()]
    roots = {name.parts[0] for name in names if name.parts}
    root = min(roots, default="")
    inside = all(".." not in name.parts and not name.is_absolute() for name in names)
    if len(roots) != 1 or not inside or f"{root}/{PROJECT}" not in archive.namelist():
        raise UserError(
            f"“{Path(archive.filename or '').name}” is no packed project of Maskreel. "
            "Choose a file that “Pack project to zip” has written."
        )
    return root
