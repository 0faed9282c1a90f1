"""Who gets a key of the canvas: the shape that is being drawn, the keyboard's cursor, the token
that is looked at, or Space, which makes any tool the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from studio.widgets.shape_drags import PolygonClicks

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_OF_SHAPES = (Qt.Key.Key_Escape, Qt.Key.Key_Backspace, *_ENTER)
_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_LEAVING = (*_TAB, Qt.FocusReason.MouseFocusReason)  # for good, and not for a menu or a dialog


class CanvasKeys:
    """Attributes:
    reached_the_canvas: whether the focus came by Tab, so that a ring has to show it; the mouse
        needs none to be found.
    """

    def __init__(self, view: ClipView) -> None:
        self._view = view
        self.reached_the_canvas = False

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for the canvas, and not for a shortcut.

        A window-wide shortcut on Space (play) would else take the key from Space-drag, and one on
        Esc (stop) from a shape that is being drawn; those on arrows from the key cursor.
        """
        shape = self._view.pointer.drag is not None and event.key() in _OF_SHAPES
        return _is_space(event) or shape or self._cursor_wants(event)

    def press(self, event: QKeyEvent) -> bool:
        """A key goes down; whether it was meant for the canvas."""
        view = self._view
        if view.pointer.drag is not None and self._edit_shape(event.key()):
            view.keys.let_go()
        elif self._cursor_wants(event):
            (view.keys if view.keys.on else view.tokens).press(event)
        elif not _is_space(event):
            return False
        elif not event.isAutoRepeat():
            view.pointer.hold_space()
        return True

    def release(self, event: QKeyEvent) -> bool:
        """A key is let go; whether it was meant for the canvas."""
        view = self._view
        if view.keys.on and view.keys.wants(event):
            view.keys.release(event)
        elif not _is_space(event):
            return False
        elif not event.isAutoRepeat():
            view.pointer.release_space()
        return True

    def come(self, reason: Qt.FocusReason) -> None:
        """The keys go to the canvas from now on."""
        self.reached_the_canvas = reason in _TAB

    def leave(self, reason: Qt.FocusReason) -> None:
        """The keys go elsewhere from now on."""
        view, self.reached_the_canvas = self._view, False
        view.pointer.forget_space()
        view.keys.let_go()
        if view.keys.on and reason in _LEAVING:
            view.keyCursorLeft.emit()

    def _cursor_wants(self, event: QKeyEvent) -> bool:
        """Whether a cursor that keys move wants one of them."""
        view = self._view
        return view.keys.wants(event) if view.keys.on else view.tokens.wants(event)

    def _edit_shape(self, key: int) -> bool:
        """Keys of a polygon that is being drawn, and Esc of any shape; whether it was one."""
        pointer = self._view.pointer
        if key == Qt.Key.Key_Escape:
            pointer.abandon()
        elif not isinstance(pointer.drag, PolygonClicks):
            return False
        elif key in _ENTER:
            pointer.finish()
        elif key != Qt.Key.Key_Backspace:
            return False
        elif not pointer.drag.back():
            pointer.drag = None
        return True


def _is_space(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_Space
