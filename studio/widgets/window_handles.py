"""The working window under the mouse: moved by its inside, resized by its corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, Qt

from studio.widgets import window_frame
from studio.widgets.scene import Scene

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView


class WindowHandles:
    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene

    def corner(self, cursor: QPointF) -> window_frame.Corner | None:
        """The corner that a press at a point of the view takes hold of."""
        window = self._window
        return None if window is None else window_frame.corner_at(window, self._view.place, cursor)

    def shape(self, cursor: QPointF | None) -> Qt.CursorShape:
        """The mouse cursor at a point of the view."""
        corner = None if cursor is None else self.corner(cursor)
        if cursor is None or (corner is None and not self._inside(cursor)):
            return Qt.CursorShape.ArrowCursor
        return window_frame.cursor_shape(corner)

    def drag(self, cursor: QPointF) -> MoveWindow | ResizeWindow | None:
        """The gesture that a press begins there, if any."""
        window, corner = self._window, self.corner(cursor)
        if window is None:
            return None
        if corner is not None:
            return ResizeWindow(self._view, self, QRect(window), corner, self._scene.window_aspect)
        return MoveWindow(self._view, self, cursor, QRect(window)) if self._inside(cursor) else None

    def show(self, rect: QRect) -> None:
        """The rectangle while it is dragged, in picture pixels."""
        self._scene.window_dragged = True
        if rect != self._scene.window:
            self._scene.window = rect
            self._view.update()
            self._view.windowEdited.emit(rect)

    def finish(self) -> None:
        """It is let go."""
        self._scene.window_dragged = False
        self._view.update()
        self._view.windowEditFinished.emit(self._scene.window)

    @property
    def _window(self) -> QRect | None:
        return self._scene.window if self._scene.window_editable else None

    def _inside(self, cursor: QPointF) -> bool:
        window = self._window
        return window is not None and window_frame.contains(window, self._view.place, cursor)


class MoveWindow:
    def __init__(
        self, view: ClipView, handles: WindowHandles, cursor: QPointF, rect: QRect
    ) -> None:
        self._view, self._handles, self._rect = view, handles, rect
        self._start = view.place.to_picture(cursor)

    def move(self, cursor: QPointF) -> None:
        by = self._view.place.to_picture(cursor) - self._start
        self._handles.show(window_frame.moved(self._rect, by, self._view.pictureSize()))

    def finish(self) -> None:
        self._handles.finish()


class ResizeWindow:
    """Keeps the aspect until Shift frees it."""

    def __init__(
        self,
        view: ClipView,
        handles: WindowHandles,
        rect: QRect,
        corner: window_frame.Corner,
        aspect: float,
    ) -> None:
        self._view, self._handles = view, handles
        self._rect, self._corner, self._aspect = rect, corner, aspect

    def move(self, cursor: QPointF) -> None:
        to, size = self._view.place.to_picture(cursor), self._view.pictureSize()
        if self._view.modifiers & Qt.KeyboardModifier.ShiftModifier:
            rect = window_frame.freed(self._rect, self._corner, to, size)
        else:
            rect = window_frame.resized(self._rect, self._corner, to, self._aspect, size)
        self._handles.show(rect)

    def finish(self) -> None:
        self._handles.finish()
