"""Writes a project as it changes, from a thread: whoever works never waits for the disk.

What is to be kept is always the whole, immutable project; the thread writes what differs from what
it wrote last. So the newest state wins, nothing is written in the wrong order, and whenever the
process is killed, the folder holds a project that can be opened.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.masks import MaskTrack
from core.project.contents import Contents
from core.project.disk import reason, settle, write_whole
from core.project.folder import PROJECT, masks_file
from core.project.lock import say_alive
from core.project.mask_log import crowded, lines_of
from core.project.snapshots import take_snapshot

log = logging.getLogger(__name__)


class Journal:
    """
    Args:
        folder: of the project; this process holds it (see `core.project.lock`).
        known: what is in it already, or None when it is new.
        stale: ids of clips whose masks are not to be appended to (see `Found`).
        tell: is called in the thread with why the project cannot be written, and with "" when it
            can be written again.
    """

    def __init__(
        self,
        folder: Path,
        known: Contents | None,
        tell: Callable[[str], object],
        stale: frozenset[str] = frozenset(),
    ) -> None:
        self.folder, self._tell = folder, tell
        masks = known.masks if known else {}
        self._written = {clip: track for clip, track in masks.items() if clip not in stale}
        self._lines: dict[str, int] = {}
        self._listing = b""
        self._wanted: Contents | None = None
        self._wish: _Wish | None = None
        self._busy = self._ended = self._failing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def keep(self, contents: Contents) -> None:
        """Write a project, soon."""
        with self._changed:
            self._wanted = contents
            self._changed.notify_all()

    def snapshot(self, contents: Contents, picture: NDArray[np.uint8] | None) -> None:
        """Write a project, and copy it; `picture`, uint8 (H, W, 3), is for the thumbnail."""
        with self._changed:
            self._wanted, self._wish = contents, _Wish(picture)
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until what was to be kept is in its files; False when that takes too long.

        What is in its files survives the end of this process; a moment later, also that of the
        machine.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not (self._wanted or self._busy), seconds)

    def close(self) -> None:
        """Write what is left, and end the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._ended)
                contents, self._wanted = self._wanted, None
                wish, self._wish = self._wish, None
                self._busy = contents is not None
            if contents is None:
                return
            try:
                self._keep(contents, wish)
            except OSError as error:
                self._fail(error)
            finally:
                self._note_written()

    def _keep(self, contents: Contents, wish: _Wish | None) -> None:
        changed = [
            self._write_masks(clip, track)
            for clip, track in contents.masks.items()
            if self._written.get(clip) is not track
        ]
        self._write_listing(contents)
        for clip in self._written.keys() - contents.masks.keys():
            masks_file(self.folder, clip).unlink(missing_ok=True)
            del self._written[clip]
        self._note_written()
        for path in changed:
            settle(path)
        if wish is not None:
            take_snapshot(self.folder, wish.picture)
            say_alive(self.folder)
        if self._failing:
            self._failing = False
            self._tell("")

    def _write_masks(self, clip: str, track: MaskTrack) -> Path:
        """Append what has changed. A file whose last line may not be whole is written anew."""
        path, before = masks_file(self.folder, clip), self._written.pop(clip, None)
        count = self._lines.get(clip, 0)
        if before is None or crowded(count, track):
            path.parent.mkdir(exist_ok=True)
            write_whole(path, b"".join(lines_of(None, track)))
            count = 0
        else:
            with path.open("ab") as file:
                for line in lines_of(before, track):
                    file.write(line)
                    count += 1
        self._written[clip], self._lines[clip] = track, count
        return path

    def _write_listing(self, contents: Contents) -> None:
        data = json.dumps(contents.to_json(self.folder), indent=1).encode()
        if data != self._listing:
            write_whole(self.folder / PROJECT, data)
            self._listing = data

    def _note_written(self) -> None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()

    def _fail(self, error: OSError) -> None:
        """Said once; the next thing to be kept is another try."""
        log.warning("the project in %s cannot be written: %s", self.folder, error)
        if not self._failing:
            self._failing = True
            self._tell(reason(error))


@dataclass(frozen=True)
class _Wish:
    """A snapshot, with a picture of what was seen."""

    picture: NDArray[np.uint8] | None
