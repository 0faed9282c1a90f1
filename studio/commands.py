"""Edits that can be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from core.masks import MaskTrack


class EditMasks(QUndoCommand):
    """One track of masks instead of another. Both share the runs of all untouched frames."""

    def __init__(
        self,
        text: str,
        frame: int,
        before: MaskTrack,
        after: MaskTrack,
        show: Callable[[MaskTrack, int], None],
    ) -> None:
        """`show(track, frame)` makes a track the current one and brings the frame into view."""
        super().__init__(text)
        self._frame, self._before, self._after, self._show = frame, before, after, show

    def redo(self) -> None:
        self._show(self._after, self._frame)

    def undo(self) -> None:
        self._show(self._before, self._frame)
