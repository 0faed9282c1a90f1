"""Downloading a bundle. What breaks off goes on where it was, at once or when it is asked again.

What has arrived stays in a hidden folder beside the user's models. Each file is compared with the
checksum that the repository states before anything opens it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

from core.cards import belongs
from core.errors import UserError
from core.hub.repository import PARTIAL, Offer, RemoteFile, Repository
from core.hub.transfer import CHUNK, Unreachable, received
from core.library import Adding, Origin, check_room, explained, origin, settle


def download(offer: Offer, own: Path, endpoint: str | None = None) -> Generator[Adding, None, None]:
    """Downloads a bundle to the user's own models; its last update names the new folder.

    What has arrived stays when the generator is closed, and the next download goes on from there.

    Raises:
        UserError: the connection broke off, a file is not what the repository states, or the disk
            is full.
    """
    partial, place = offer.partial(own), offer.repository
    check_room(own, offer.total - arrived(partial), offer.card.title)
    with explained(own):
        partial.mkdir(parents=True, exist_ok=True)
        Origin(place.name, place.revision, place.folder, offer.total).write(partial)
        done = 0
        for file in offer.files:
            for size in _completed(place, file, partial / file.name, endpoint):
                yield Adding(file.name, done + size, offer.total)
            done += file.size
        folder = _settled(partial, own)
        for stale in own.glob(f"{partial.name.rpartition('@')[0]}@*"):
            shutil.rmtree(stale, ignore_errors=True)
    yield Adding("", offer.total, offer.total, folder)


def unfinished(own: Path) -> list[tuple[Repository, int, int]]:
    """Downloads that broke off: what, and how many bytes of how many are here."""
    found = []
    for partial in sorted(own.glob(f"{PARTIAL}*")):
        if (begun := origin(partial)) is not None:
            repository = Repository(begun.repository, begun.revision, begun.folder)
            found.append((repository, arrived(partial), begun.total))
    return found


def throw_away(own: Path, repository: Repository) -> None:
    """Lets go of what has arrived of a download."""
    for partial in own.glob(f"{PARTIAL}*"):
        begun = origin(partial)
        if begun and (begun.repository, begun.revision) == (repository.name, repository.revision):
            shutil.rmtree(partial, ignore_errors=True)


def arrived(partial: Path) -> int:
    """Bytes that are here of an unfinished download."""
    found = (path for path in partial.rglob("*") if path.is_file())
    return sum(p.stat().st_size for p in found if belongs(p.relative_to(partial).as_posix()))


def _completed(
    repository: Repository, file: RemoteFile, target: Path, endpoint: str | None
) -> Iterator[int]:
    """Receives what is missing of a file and checks it; yields how many of its bytes are here.

    A connection that breaks off is made anew as long as each brings something.
    """
    target.parent.mkdir(exist_ok=True)
    target.touch()
    size = target.stat().st_size
    yield size
    while size < file.size:
        before = size
        try:
            for chunk in received(repository, file, size, endpoint):
                _append(target, chunk)
                size += len(chunk)
                yield min(size, file.size)
                if size > file.size:
                    break
        except Unreachable:
            if size == before:
                raise
        else:
            break
    _check(repository, file, target)


def _settled(partial: Path, own: Path) -> Path:
    """The bundle under its name; one that is not safe to load is thrown away."""
    try:
        return settle(partial, own)
    except UserError:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _append(target: Path, chunk: bytes) -> None:
    with target.open("ab") as written:
        written.write(chunk)


def _check(repository: Repository, file: RemoteFile, target: Path) -> None:
    """Is a file on the disk the one that the repository states? Another one is thrown away."""
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(usedforsecurity=False)
    if not file.sha256:  # as git makes it
        digest.update(b"blob %d\0" % file.size)
    with target.open("r+b") as file_here:
        while chunk := file_here.read(CHUNK):
            digest.update(chunk)
        os.fsync(file_here.fileno())
    if digest.hexdigest() != (file.sha256 or file.git):
        target.unlink()
        raise UserError(
            f"“{file.path}” of {repository.name} is not what the repository states: its checksum "
            "is another one. What had arrived was thrown away; download it again."
        )
