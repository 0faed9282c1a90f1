"""Files of networks that the user has: where they are, and which they are. No torch here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import UserError

SQUEEZENET_FILES = ("squeezenet1_1*.pth",)
LPIPS_FILES = ("lpips_v0.1_squeeze.pth", "*squeeze.pth")


@dataclass(frozen=True)
class NetworkFiles:
    """Attributes:
    folder: holds SqueezeNet 1.1 and the heads of LPIPS.
    i3d, c3d: one file each: TorchScript or a state dict.
    judge: a network trained on such footage itself, see `core.metrics.judge`.
    """

    folder: Path | None = None
    i3d: Path | None = None
    c3d: Path | None = None
    judge: Path | None = None

    def __post_init__(self) -> None:
        """Raises UserError when something that is named is not there."""
        if self.folder is not None and not self.folder.is_dir():
            raise UserError(f"There is no folder of networks {self.folder}.")
        for path in (self.i3d, self.c3d, self.judge):
            if path is not None and not path.is_file():
                raise UserError(f"There is no network {path}.")

    @property
    def squeezenet(self) -> Path | None:
        return found(self.folder, *SQUEEZENET_FILES) if self.folder else None

    @property
    def lpips(self) -> Path | None:
        """The heads."""
        return found(self.folder, *LPIPS_FILES) if self.folder else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Of all networks that there are."""
        named = (self.squeezenet, self.lpips, self.i3d, self.c3d, self.judge)
        return tuple(path for path in named if path is not None)


def found(folder: Path, *patterns: str) -> Path | None:
    """The first file of the folder, by name, that fits the first pattern that fits any."""
    matches = (sorted(folder.glob(pattern)) for pattern in patterns)
    return next((files[0] for files in matches if files), None)


def checksum(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal: it says with which network a score was made."""
    return _checksum(path, path.stat().st_mtime_ns)


@lru_cache
def _checksum(path: Path, changed: int) -> str:  # noqa: ARG001 - a changed file is read again
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
