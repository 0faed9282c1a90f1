"""The project as it was some minutes ago: the last few copies, each with a thumbnail."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.project.disk import settle
from core.project.folder import MASKS, PROJECT

AUTOSAVE, THUMBNAIL = "autosave", "thumbnail.png"
KEPT = 10
THUMBNAIL_SIZE = (256, 144)
"""The largest width and height of a thumbnail."""

_NAMED = "%Y-%m-%dT%H-%M-%S-%f"
_PART = ".part"


@dataclass(frozen=True)
class Snapshot:
    """Attributes:
    folder: its files. time: when it was taken, as here.
    """

    folder: Path
    time: datetime

    @property
    def picture(self) -> Path:
        """Its thumbnail; not there when no clip was open."""
        return self.folder / THUMBNAIL


def snapshots(folder: Path) -> tuple[Snapshot, ...]:
    """Those of a project, the newest first."""
    place = folder / AUTOSAVE
    found = [_snapshot(entry) for entry in place.iterdir()] if place.is_dir() else []
    whole = [snapshot for snapshot in found if snapshot is not None]
    return tuple(sorted(whole, key=lambda snapshot: snapshot.time, reverse=True))


def take_snapshot(folder: Path, picture: NDArray[np.uint8] | None = None) -> Snapshot:
    """Copy the project as it is on the disk, and let go of the oldest copies.

    Args:
        picture: what was seen, uint8 (H, W, 3), for the thumbnail.

    Raises:
        OSError: it cannot be written.
    """
    now = datetime.now(UTC)
    place = folder / AUTOSAVE / now.strftime(_NAMED)
    part = place.with_name(place.name + _PART)
    try:
        part.mkdir(parents=True)
        shutil.copy2(folder / PROJECT, part / PROJECT)
        if (folder / MASKS).is_dir():
            shutil.copytree(folder / MASKS, part / MASKS)
        if picture is not None:
            (part / THUMBNAIL).write_bytes(png(picture))
        settle(part / PROJECT)
        part.rename(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    for old in snapshots(folder)[KEPT:]:
        shutil.rmtree(old.folder)
    return Snapshot(place, now.astimezone())


def png(picture: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (H, W, 3), as a PNG of the size of a thumbnail."""
    height, width = picture.shape[:2]
    scale = min(THUMBNAIL_SIZE[0] / width, THUMBNAIL_SIZE[1] / height, 1)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".png", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1].tobytes()


def _snapshot(folder: Path) -> Snapshot | None:
    try:
        time = datetime.strptime(folder.name, _NAMED).replace(tzinfo=UTC)
    except ValueError:  # one that was not finished, or something else
        return None
    return Snapshot(folder, time.astimezone())
