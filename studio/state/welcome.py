"""What can be begun with: the files opened last, and samples."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from core.assets import asset
from studio.observable import Field, Observable
from studio.samples import SAMPLES, Sample
from studio.state.projects.recent import Picture, RecentFile, looked_at, thumbnail


class Welcome(Observable):
    """Attributes:
    wanted: whether the page is asked for, also while a clip is open.
    files: opened last, newest first.
    pictures: of the samples that begin with a clip, by their titles.

    Args:
        known: gives the paths of what was opened last. forget: takes one of them away.
    """

    wanted = Field(False)
    files: Field[tuple[RecentFile, ...]] = Field((), same=operator.is_)
    pictures: Field[Mapping[str, Picture]] = Field({}, same=operator.is_)
    _found, _pictured = Signal(object), Signal(str, object)

    def __init__(
        self,
        known: Callable[[], Sequence[str]],
        forget: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._known, self._forget = known, forget
        self._thread = ThreadPoolExecutor(1, "welcome")
        queued = Qt.ConnectionType.QueuedConnection
        self._found.connect(self._take, queued)
        self._pictured.connect(self._take_picture, queued)

    def look(self) -> None:
        """Show what there is; whether files are there, and pictures, come a little later."""
        before = {file.path: file for file in self.files}
        paths = [Path(path) for path in self._known()]
        self.files = tuple(before.get(path, RecentFile(path)) for path in paths)
        if not self.pictures:
            for sample in SAMPLES:
                if sample.clip:
                    self._thread.submit(self._picture, sample)
        for path in paths:
            self._thread.submit(self._look_at, path)

    def remove(self, path: Path) -> None:
        """Take a file from the list; it stays where it is."""
        self._forget(str(path))
        self.files = tuple(file for file in self.files if file.path != path)

    def end(self) -> None:
        """Look at no further file."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _look_at(self, path: Path) -> None:
        self._found.emit(looked_at(path))

    def _picture(self, sample: Sample) -> None:
        picture = thumbnail(asset(f"samples/{sample.clip}"), sample.frame)
        self._pictured.emit(sample.title, picture)

    def _take(self, found: RecentFile) -> None:
        self.files = tuple(found if file.path == found.path else file for file in self.files)

    def _take_picture(self, title: str, picture: Picture | None) -> None:
        if picture is not None:
            self.pictures = {**self.pictures, title: picture}
