"""The tool in hand: what it is set to, and the gesture that a press begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, Qt

from core.mask_shapes import ellipse, rectangle
from core.token_edits import AGAIN, FREE, KEPT
from studio.widgets.canvas_drags import Drag, Pan, Stroke
from studio.widgets.scene import Scene
from studio.widgets.shape_drags import BoxDrag, LassoDrag, PolygonClicks, Scribble, WandDrag
from studio.widgets.token_picker import TokenStroke

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

Tool = Literal[
    "brush", "eraser", "rectangle", "ellipse", "lasso", "polygon", "wand", "fill", "select",
    "pan", "window", "repaint", "pin",
]  # fmt: skip

_MARKS = {"repaint": AGAIN, "pin": KEPT}  # of tools that mark tokens


class Hand:
    """Attributes:
    tool: the tool. size: the brush's diameter in picture pixels. hardness: of its edge, 0..1.
    tolerance: colour levels that a wand tolerates at first.
    contiguous: whether a wand takes only what is connected with the point.
    """

    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene
        self.tool: Tool = "pan"
        self.size, self.hardness = 40, 1.0
        self.tolerance, self.contiguous = 24, True

    def drag(self, cursor: QPointF, button: Qt.MouseButton, *, panning: bool) -> Drag | None:
        """The gesture that a press begins at a point of the view, if any.

        Args:
            panning: whether any tool is the hand just now.
        """
        left = button == Qt.MouseButton.LeftButton
        if button == Qt.MouseButton.MiddleButton or (left and panning):
            return Pan(self._view, cursor)
        if not left:
            return None
        if self._view.wipe.under(cursor):
            return self._view.wipe
        if (edge := self._view.edges.under(cursor)) is not None:
            return self._view.edges.drag(edge, cursor)
        return self._tool_drag(cursor)

    def _tool_drag(self, cursor: QPointF) -> Drag | None:
        view, taking = self._view, bool(self._view.modifiers & Qt.KeyboardModifier.ControlModifier)
        match self.tool:
            case "pan" | "repaint" | "pin":
                return self._token_drag(cursor, taking=taking)
            case "brush" | "eraser":
                painted = self.tool == "brush" and not taking
                return Stroke(view, cursor, self.size, self.hardness, painted=painted)
            case "rectangle":
                return BoxDrag(view, cursor, rectangle)
            case "ellipse":
                return BoxDrag(view, cursor, ellipse)
            case "lasso":
                return LassoDrag(view, cursor)
            case "polygon":
                return PolygonClicks(view, cursor)
            case "select":
                return Scribble(view, cursor, self.size)
            case "wand":
                return self._wand_drag(cursor)
            case "fill":
                view.painting.pour(cursor, painted=not taking)
                return None
        return view.working_window.drag(cursor)

    def _token_drag(self, cursor: QPointF, *, taking: bool) -> Drag:
        """The hand marks tokens too while Shift is held; a click of it picks one."""
        shift = bool(self._view.modifiers & Qt.KeyboardModifier.ShiftModifier)
        if self._scene.lens is None or (self.tool == "pan" and not shift):
            return Pan(self._view, cursor, picks=True)
        mark = FREE if taking else _MARKS.get(self.tool, AGAIN)
        return TokenStroke(self._view, cursor, self.size, mark)

    def _wand_drag(self, cursor: QPointF) -> Drag | None:
        if self._scene.frame is None or not self._view.pictureRect().contains(cursor):
            return None
        self._view.strokeStarted.emit()
        picture = self._scene.frame.rgb
        return WandDrag(self._view, cursor, picture, self.tolerance, self.contiguous)
