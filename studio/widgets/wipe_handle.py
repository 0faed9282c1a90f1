"""The line of a wipe under the mouse: a press on it drags it, whatever the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from studio.widgets.scene import Scene

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView


class WipeHandle:
    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene

    def under(self, cursor: QPointF | None) -> bool:
        """Whether a press at a point of the view takes hold of the line."""
        return (
            cursor is not None
            and self._scene.wiping
            and self._scene.divider.grabbed(self._view.pictureRect(), cursor)
        )

    @property
    def shape(self) -> Qt.CursorShape:
        """The mouse cursor on the line."""
        upright = self._scene.divider.upright
        return Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor

    def move(self, cursor: QPointF) -> None:
        divider = self._scene.divider.moved(self._view.pictureRect(), cursor)
        if divider != self._scene.divider:
            self._scene.divider = divider
            self._view.update()
            self._view.wiped.emit(divider.position)

    def finish(self) -> None:
        """It stays where it was dragged to."""
