"""Frames of a long result: on the disk, so that memory does not grow with their number."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

import numpy as np
import platformdirs
from numpy.typing import NDArray

from core.errors import UserError

Frames = NDArray[np.uint8]


def cache_folder() -> Path:
    """Where large things that need not last are kept: on the disk, never in memory."""
    return Path(platformdirs.user_cache_dir("maskreel", appauthor=False))


class FrameFile:
    """Frames that come one after the other.

    A file without a name is gone with the program, even when that ends by a crash.

    Args:
        folder: where the file is; made when it is not there.
        name: of a file that stays, with what is in it already; or "".
    """

    def __init__(self, folder: Path | None = None, name: str = "") -> None:
        self._folder, self._name = folder or cache_folder(), name
        self._file: IO[bytes] | None = None

    def put(self, first: int, frames: Frames) -> Frames:
        """Write frames, which replace all from number `first` on.

        Args:
            first: at most the number of frames that are there.
            frames: uint8 (n, count, H, W, 3); all frames of a file have one shape.

        Returns:
            all frames (first + n, count, H, W, 3), read from the file as they are looked at. Those
            that were given out before stay as they are, unless they are replaced.

        Raises:
            UserError: there is no room, or the folder cannot be written.
        """
        try:
            if self._file is None:
                self._file = self._opened()
            self._file.seek(first * frames[0].nbytes)
            rest = np.ascontiguousarray(frames).data.cast("B")
            while rest:  # a write may be cut short
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise UserError(
                f"The frames of a long result cannot be kept in {self._folder}: "
                f"{error.strerror}. Make room there, then resume."
            ) from error
        shape = (first + len(frames), *frames.shape[1:])
        return np.memmap(self._file, np.uint8, "r", shape=shape)

    def _opened(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._name:
            return tempfile.TemporaryFile(buffering=0, dir=self._folder)
        path = self._folder / self._name
        path.touch()
        return path.open("r+b", buffering=0)

    def close(self) -> None:
        """Let go of the file; frames that were given out can still be read."""
        if self._file is not None:
            self._file.close()
            self._file = None
