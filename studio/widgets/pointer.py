"""What points at the canvas, be it mouse, pen or the keyboard's cursor: where it is, and the
gesture that is under way while it presses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QSinglePointEvent

from studio.widgets import canvas_edges
from studio.widgets.canvas_drags import Drag, Pan
from studio.widgets.edge_handles import ExtendCanvas
from studio.widgets.scene import Scene
from studio.widgets.shape_drags import BoxDrag, LassoDrag, PolygonClicks, Scribble, WandDrag

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_CAN_BE_ABANDONED = BoxDrag | LassoDrag | PolygonClicks | WandDrag | Scribble | ExtendCanvas


class Pointer:
    """Points are view points of the first pane.

    Attributes:
        cursor: where it is; None = not over the canvas.
        drag: the gesture that is under way. button: the one that began it.
    """

    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene
        self.cursor: QPointF | None = None
        self.drag: Drag | None = None
        self.button = Qt.MouseButton.NoButton
        self._space_held = self._space_used = False

    def place_of(self, event: QSinglePointEvent) -> QPointF:
        """Where an event is, in the first pane."""
        held = self.drag is not None and not isinstance(self.drag, PolygonClicks)
        return self._view.camera.in_first_pane(event.position(), held=held)

    # Press, move, release

    def press(self, cursor: QPointF, button: Qt.MouseButton) -> None:
        if self._scene.frame is None:
            return
        self.hover(cursor)
        if isinstance(self.drag, PolygonClicks):
            if button == Qt.MouseButton.LeftButton and self.drag.press(cursor):
                self.finish()
        elif self.drag is None:
            self.drag = self._view.hand.drag(cursor, button, panning=self._space_held)
            self.button = button
            self._space_used = True
            self.update_cursor_shape()

    def move(self, cursor: QPointF) -> None:
        self.hover(cursor)
        if self.drag is not None:
            self.drag.move(cursor)

    def release(self) -> None:
        """A polygon goes on without a button."""
        if not isinstance(self.drag, PolygonClicks):
            self.finish()

    def finish(self) -> None:
        """Ends the gesture with its result."""
        drag, self.drag = self.drag, None
        if drag is not None:
            drag.finish()
        self.update_cursor_shape()

    def abandon(self) -> None:
        """Ends the gesture without a result, where it can be."""
        if isinstance(self.drag, _CAN_BE_ABANDONED):
            drag, self.drag = self.drag, None
            drag.abandon()
            self.update_cursor_shape()

    def hover(self, cursor: QPointF | None) -> None:
        """Shows what is under the cursor; None = it has left the canvas."""
        view = self._view
        view.ring.repaint()
        self.cursor = cursor
        view.ring.repaint()
        self.update_cursor_shape()
        view.edges.follow(cursor)
        view.tokens.point(cursor)
        if cursor is not None and view.pictureRect().contains(cursor):
            point = view.place.to_picture(cursor)
            view.hovered.emit(int(point.x()), int(point.y()))
        else:
            view.hovered.emit(-1, -1)

    # Space: while it is held any tool is the hand

    def hold_space(self) -> None:
        self._space_held, self._space_used = True, False
        self.update_cursor_shape()

    def release_space(self) -> None:
        """A tap without a press in between is told."""
        if self._space_held:
            self.forget_space()
            if not self._space_used:
                self._view.spaceTapped.emit()

    def forget_space(self) -> None:
        self._space_held = False
        self.update_cursor_shape()

    # The shape of the mouse's cursor

    def update_cursor_shape(self) -> None:
        shape = self._cursor_shape()
        if shape is None:
            self._view.unsetCursor()
        else:
            self._view.setCursor(shape)

    def _cursor_shape(self) -> Qt.CursorShape | None:
        if isinstance(self.drag, Pan):
            return Qt.CursorShape.ClosedHandCursor
        if self._scene.frame is None:
            return None
        if self._space_held:
            return Qt.CursorShape.OpenHandCursor
        if self._view.wipe.under(self.cursor):
            return self._view.wipe.shape
        if (edge := self._view.edges.under(self.cursor)) is not None:
            return canvas_edges.cursor_shape(edge)
        return self._shape_for_tool()

    def _shape_for_tool(self) -> Qt.CursorShape:
        match self._view.tool:
            case "pan":
                return Qt.CursorShape.OpenHandCursor
            case "window":
                return self._view.working_window.shape(self.cursor)
        return Qt.CursorShape.CrossCursor
