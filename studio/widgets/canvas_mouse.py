"""What the events of mouse, pen and wheel mean on the canvas: the pointer presses and moves, the
picture is zoomed, the brush gets another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent, QTabletEvent, QWheelEvent

from studio.widgets.shape_drags import PolygonClicks

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_WHEEL_STEP = 1.2  # zoom per notch
_LEAST_PRESSURE = 0.1


class CanvasMouse:
    def __init__(self, view: ClipView) -> None:
        self._view, self._pointer = view, view.pointer

    def press(self, event: QMouseEvent) -> None:
        self._view.modifiers = event.modifiers()
        self._pointer.press(self._pointer.place_of(event), event.button())

    def move(self, event: QMouseEvent) -> None:
        self._view.modifiers = event.modifiers()
        self._pointer.move(self._pointer.place_of(event))

    def release(self, event: QMouseEvent) -> None:
        if event.button() == self._pointer.button:
            self._pointer.release()

    def double_click(self, event: QMouseEvent) -> None:
        """Closes a polygon; with any other tool it is one more press."""
        if isinstance(self._pointer.drag, PolygonClicks):
            self._pointer.finish()
        else:
            self.press(event)

    def pen(self, event: QTabletEvent) -> None:
        """A pen paints as the mouse does, the wider the harder it is pressed."""
        self._view.pressure = max(event.pressure(), _LEAST_PRESSURE)
        self._view.modifiers = event.modifiers()
        cursor = self._pointer.place_of(event)
        match event.type():
            case QEvent.Type.TabletPress:
                self._pointer.press(cursor, event.button())
            case QEvent.Type.TabletMove:
                self._pointer.move(cursor)
            case QEvent.Type.TabletRelease:
                self._pointer.release()
        self._view.pressure = 1.0
        event.accept()

    def wheel(self, event: QWheelEvent) -> None:
        """Zooms; with Ctrl it sizes the brush, with Ctrl+Shift it hardens it."""
        notches, held = event.angleDelta().y() / 120, event.modifiers()
        up = 1 if notches > 0 else -1
        if held & Qt.KeyboardModifier.ControlModifier and held & Qt.KeyboardModifier.ShiftModifier:
            self._view.hardnessRequested.emit(up)
        elif held & Qt.KeyboardModifier.ControlModifier:
            size = self._view.hand.size
            self._view.brushSizeRequested.emit(max(1, size + max(1, round(size * 0.1)) * up))
        elif notches:
            about = self._pointer.place_of(event)
            self._view.camera.zoom_to(self._view.scale * _WHEEL_STEP**notches, about)
        event.accept()
